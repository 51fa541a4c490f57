import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApplication } from './application';
import { urlOfServer } from './config/network';
import { loadEnvironment, readConfig } from './config/readConfig';
import type { ReplyPart, StreamingResponder } from './responders/responder';
import { createLogger } from './utils/logger';

/** The time that the scripted model takes before its first word, and for each word, in milliseconds. */
const THINKING_MS = 700;
const WORD_MS = 40;

const GREETING = `Hello! I am not a model: **my replies are scripted**, so that you can see how a model's reply arrives.

It is streamed word by word to every device. Open this chat in a second window and watch it there too, reload the page in the middle of \
a reply, or press Stop.

| Say | and you get |
| --- | --- |
| \`markdown\` | headings, lists, a table and code |
| \`long\` | a long reply |
| \`fail\` | a reply that fails |
| anything else | an answer to it |`;

const MARKDOWN = `# A trip by train

Replies are *Markdown*. The page shows it **safely**: nothing in it runs, and images are [links](https://example.com/lake.png).

## Before you leave

1. Book the seats
2. Pack:
   - the tickets
   - something to read
3. Tell the neighbors

- [x] Passport
- [ ] Charger

## What it costs

| From | To | Hours | Price |
| :--- | :--- | ---: | ---: |
| Lisbon | Porto | 2:50 | € 35.60 |
| Porto | Vigo | 2:20 | € 14.95 |
| Vigo | Madrid | 4:10 | € 52.40 |

> Children under four travel free.

\`\`\`python
def total(prices: list[float], travelers: int = 1) -> str:
    """The price of the whole trip."""
    return f"€ {sum(prices) * travelers:.2f}"  # without seats

print(total([35.60, 14.95, 52.40], travelers=2))
\`\`\`

Copy the code with its button, or this message as text or as Markdown with the buttons below it.`;

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
  if (/\bmarkdown\b/i.test(content)) return MARKDOWN;
  if (isFirst) return GREETING;
  return `You said:\n\n${content.replace(/^/gm, '> ')}\n\nA model would have more to say. Set \`RESPONDER=openai\` to ask one: docs/responders.md shows how.`;
}

/**
 * Serves with the scripted responder, so that streaming can be tried without a model. Its data is deleted at the end. `pageDirectory`
 * has the built chat page, by default that of the package. Rejects if it can't start, such as for a port that is taken.
 */
export async function runDemo(pageDirectory?: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'smart-chat-demo-'));
  const { PORT, HOST } = loadEnvironment();
  const { config } = readConfig({
    PORT,
    HOST,
    DATABASE_URL: `sqlite://${join(folder, 'chat.db')}`,
    JWT_SECRET: randomBytes(48).toString('base64url'),
    BCRYPT_ROUNDS: '10',
  });
  const application = await createApplication(config, {
    logger: createLogger('warn'),
    responder: createDemoResponder(),
    ...(pageDirectory !== undefined && { pageDirectory }),
  });
  let isStopping = false;
  // The same Ctrl+C may arrive twice, from the terminal and from npm. The stop is bounded.
  const stop = async () => {
    if (isStopping) return;
    isStopping = true;
    await application.close();
    rmSync(folder, { recursive: true, force: true });
    process.exit(0);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  const { port } = await application.start().catch((error: Error) => {
    rmSync(folder, { recursive: true, force: true });
    throw new Error(`The demo can't start: ${error.message}. PORT chooses another port.`);
  });
  process.stdout.write(
    `The demo listens on ${urlOfServer(config.host, port)}\nOpen it in your browser, sign up with any name, and start a chat. Press Ctrl+C to stop it.\n`,
  );
}
