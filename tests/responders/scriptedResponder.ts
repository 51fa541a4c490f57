import { PassThrough } from 'node:stream';
import { type ReplyPart, ResponderFailure, type StreamingPrompt } from '../../src/responders/responder';
import { Changes } from '../../testkit/waiting';

/** One request to the scripted responder, which the test answers. */
export interface ScriptedRequest {
  prompt: StreamingPrompt;
  signal: AbortSignal;
  /** Yields these parts as one piece of the reply. A string is text. */
  send(...parts: (ReplyPart | string)[]): void;
  finish(): void;
  fail(failure?: unknown): void;
}

/** A streaming responder whose replies the test writes. */
export function scriptedResponder(model = 'scripted') {
  const requests: ScriptedRequest[] = [];
  const changes = new Changes();

  function respond(prompt: StreamingPrompt, signal: AbortSignal): AsyncIterable<ReplyPart> {
    const steps = new PassThrough({ objectMode: true });
    signal.addEventListener('abort', () => steps.destroy(signal.reason));
    requests.push({
      prompt,
      signal,
      send(...parts) {
        for (const part of parts) steps.write(typeof part === 'string' ? { text: part } : part);
      },
      finish: () => steps.end({ finish: 'stop' }),
      fail: (failure = new ResponderFailure('passing', 'scripted')) => steps.end({ failure }),
    });
    changes.notify();
    return play(steps);
  }

  return {
    responder: { kind: 'streaming' as const, model, respond },
    requests,
    /** The request with this number, from 0, as soon as it arrives. */
    async request(index: number): Promise<ScriptedRequest> {
      await changes.until(() => requests.length > index);
      const request = requests[index];
      if (!request) throw new Error('there is no such request');
      return request;
    },
  };
}

async function* play(steps: AsyncIterable<ReplyPart | { failure: unknown }>): AsyncGenerator<ReplyPart> {
  for await (const step of steps) {
    if ('failure' in step) throw step.failure;
    yield step;
  }
}
