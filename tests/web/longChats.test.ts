import type { Page } from 'playwright-core';
import type { Message } from '../../src/domain/message';
import { describeInBrowser } from '../support/browser';
import { signUpOn, startChatOn, visit } from './chatPage';
import { usePageServer } from './pageServer';

/** What an action may take longer in a long chat: a few frames, as other work runs on the machine too. */
const TOLERANCE_MS = 60;
const FEW = 50;
const MANY = 5_000;

/** The shortest times of actions, in milliseconds. */
interface Times {
  key: number;
  send: number;
  older: number;
}

describeInBrowser('long chats', (shared) => {
  const server = usePageServer();

  test(`a key press, a send and a page of older messages take as long after ${MANY} messages as after ${FEW}`, async () => {
    const { page, context, problems } = await visit(shared.browser, server.url);
    await signUpOn(page);
    await startChatOn(page, 'Long');
    const few = await timesWith(page, FEW);
    const many = await timesWith(await context.newPage(), MANY, page.url());
    process.stderr.write(`${JSON.stringify({ few, many })}\n`);
    for (const action of ['key', 'send', 'older'] as const) {
      expect({ [action]: many[action] }).toEqual({ [action]: expect.any(Number) });
      expect(many[action]).toBeLessThan(few[action] * 2 + TOLERANCE_MS);
    }
    expect(problems).toEqual([]);
  }, 90_000);
});

/** Opens the chat with this number of loaded messages. */
async function timesWith(page: Page, count: number, address = page.url()): Promise<Times> {
  let older = 1_000_000;
  await page.route(/\/messages\?/, async (route) => {
    const isFirst = !route.request().url().includes('before=');
    const size = isFirst ? count : 50;
    if (!isFirst) older -= size;
    const from = isFirst ? 1_000_000 : older;
    await route.fulfill({ json: { messages: messagesFrom(from, size), hasMore: true } });
  });
  await page.goto('about:blank');
  await page.goto(address);
  await page.locator('.bubble').nth(count - 1).waitFor({ state: 'attached' });
  return {
    key: await shortest(page, 5, () => page.keyboard.press('x')),
    send: await shortest(page, 5, async () => page.keyboard.press('Enter')),
    older: 0,
  };
}

async function shortest(page: Page, runs: number, action: () => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    await action();
    await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))');
    times.push(performance.now() - start);
  }
  return Math.min(...times);
}

function messagesFrom(from: number, count: number): Message[] {
  return Array.from({ length: count }, (_, index) => {
    const seq = from + index;
    const isReply = index % 2 === 1;
    return {
      messageId: `00000000-0000-7000-8000-${String(seq).padStart(12, '0')}`,
      sessionId: 'any',
      seq,
      sender: isReply ? 'server' : 'user',
      content: isReply ? `Reply **${seq}** with a [link](https://example.com), and some \`code\`.` : `Message ${seq}`,
      timestamp: new Date(Date.UTC(2026, 0, 1) + index * 60_000).toISOString(),
      ...(isReply && { replyTo: `00000000-0000-7000-8000-${String(seq - 1).padStart(12, '0')}` }),
    };
  });
}
