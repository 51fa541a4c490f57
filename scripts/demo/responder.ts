import { setTimeout as sleep } from 'node:timers/promises';
import type { ReplyPart, StreamingResponder } from '../../src/responders/responder';

/** The time that the scripted model takes before its first word, and for each word, in milliseconds. */
const THINKING_MS = 700;
const WORD_MS = 40;

const GREETING = `Hello! I am not a model: my replies are scripted, so that you can see how a model's reply arrives.

It is streamed word by word to every device. Open this chat in a second window and watch it there too, reload the page in the middle of \
a reply, or press Stop. Say "long" for a long reply, "fail" for one that fails, or anything else.`;

const FAILING = 'This reply will fail in the middle of a';

const LONG = Array.from(
  { length: 40 },
  (_, index) => `${index + 1}. This is one of many lines, which go on until you press Stop.`,
).join('\n');

/** A streaming responder whose replies are scripted. `delayFactor` 0 makes it immediate, for tests. */
export function createDemoResponder(delayFactor = 1): StreamingResponder {
  return {
    kind: 'streaming',
    model: 'demo',
    async *respond({ content, history }, signal): AsyncGenerator<ReplyPart> {
      yield { thinking: true };
      await sleep(THINKING_MS * delayFactor, undefined, { signal });
      const text = replyTo(content, (await history(1_000)).length === 0);
      for (const word of text.split(/(?<=\s)/)) {
        yield { text: word };
        await sleep(WORD_MS * delayFactor, undefined, { signal });
      }
      if (text !== FAILING) yield { finish: 'stop' };
    },
  };
}

function replyTo(content: string, isFirst: boolean): string {
  if (/\bfail\b/i.test(content)) return FAILING;
  if (/\blong\b/i.test(content)) return LONG;
  if (isFirst) return GREETING;
  return `You said: ${content}\n\nA model would have more to say. Set RESPONDER=openai to ask one: docs/responders.md shows how.`;
}
