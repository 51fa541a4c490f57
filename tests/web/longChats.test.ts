import type { Page } from 'playwright-core';
import type { Message } from '../../src/domain/message';
import { describeInBrowser } from '../support/browser';
import { api } from '../support/client';
import { measuresTimes } from '../support/measuredTimes';
import { loginOf, REFUSED } from './chatPage';
import { usePageServer } from './pageServer';
import { visitSignedUp } from './signedIn';

measuresTimes();

const FEW = 50;
const MANY = 5_000;
const RUNS = 6;
/** What an action may take longer in the long chat. Before, it was ten times as long or more. */
const MAX_RATIO = 2;
/** A few frames, as other work runs on the machine too. */
const TOLERANCE_MS = 60;

/** Nobody loads that many at once, which takes a while. */
const LOADING = { timeout: 60_000 };

/** The actions, and what shows on the page that one is done, each as an expression. `list` is the element with all messages. */
const ACTIONS = {
  key: ["document.execCommand('insertText', false, 'x')", "document.querySelector('textarea').value"],
  send: [
    "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }))",
    "list.lastElementChild.querySelectorAll('.message-own').length + ' ' + list.childElementCount",
  ],
  older: ["document.querySelector('.messages').scrollTop = 0", "list.querySelector('.message').textContent"],
} as const;

type Times = Record<keyof typeof ACTIONS, number>;

describeInBrowser('long chats', (shared) => {
  const server = usePageServer();

  test(`a key press, a send and a page of older messages take as long after ${MANY} messages as after ${FEW}`, async () => {
    // While the second chat is opened, the first one asks the server for what the test has made up.
    const { page, problems } = await visitSignedUp(shared.browser, server, { expected: REFUSED });
    const few = await timesAfter(page, FEW);
    const many = await timesAfter(page, MANY);
    for (const [action, time] of Object.entries(many)) {
      const limit = few[action as keyof Times] * MAX_RATIO + TOLERANCE_MS;
      expect({ action, time, few, isFast: time < limit }).toMatchObject({ isFast: true });
    }
    expect(problems).toEqual([]);
  }, 120_000);

  test('all of its messages stay in the page, where its search finds them', async () => {
    const { page, problems } = await visitSignedUp(shared.browser, server);
    await openWith(page, 500);
    // Far above the visible area, where nothing is drawn.
    const message = page.getByText('Message -399', { exact: true });
    expect(await page.evaluate("window.find('Message -399', true, true)")).toBe(true);
    await message.scrollIntoViewIfNeeded();
    const place = await message.boundingBox();
    expect(place?.y).toBeGreaterThan(0);
    expect(place?.y).toBeLessThan(page.viewportSize()?.height ?? 0);
    expect(problems).toEqual([]);
  });
});

/** Starts a chat in which this number of earlier messages are loaded, and more are on the server. */
async function openWith(page: Page, count: number): Promise<void> {
  let oldest = 1 - count;
  await page.unroute(/\/messages\?/);
  await page.route(/\/messages\?/, async (route) => {
    const isFirst = !route.request().url().includes('before=');
    if (!isFirst) oldest -= 50;
    const messages = messagesFrom(oldest, isFirst ? count : 50);
    await route.fulfill({ json: { messages, hasMore: true } });
  });
  const { token } = await loginOf(page);
  const { body } = await api({ url: new URL(page.url()).origin }, token)
    .post('/api/sessions', {})
    .expect(201);
  await page.evaluate(`location.hash = '#/chat/${body.id}'`);
  await page.getByText('Message -1', { exact: true }).waitFor(LOADING);
}

/** The shortest time of each action, until its result is drawn, in milliseconds. */
async function timesAfter(page: Page, count: number): Promise<Times> {
  await openWith(page, count);
  await page.getByLabel('Message', { exact: true }).fill('first', LOADING);
  const times = { key: 0, send: 0, older: 0 };
  for (const action of ['key', 'send', 'older'] as const) times[action] = await shortest(page, action);
  return times;
}

async function shortest(page: Page, action: keyof Times): Promise<number> {
  const [act, result] = ACTIONS[action];
  return page.evaluate<number>(`(async () => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    const list = document.querySelector('.timeline');
    const times = [];
    for (let run = 0; run < ${RUNS}; run++) {
      ${action === 'send' ? ACTIONS.key[0] : ''};
      for (let count = 0; count < 10; count++) await frame();
      const result = () => ${result};
      const before = result();
      const start = performance.now();
      ${act};
      do await frame(); while (result() === before);
      times.push(performance.now() - start);
    }
    return Math.min(...times);
  })()`);
}

/** Numbers below those that the server gives to new messages. */
function messagesFrom(from: number, count: number): Message[] {
  const id = (seq: number) => `00000000-0000-7000-8000-${String(seq + 1_000_000).padStart(12, '0')}`;
  return Array.from({ length: count }, (_, index) => {
    const seq = from + index;
    const isReply = seq % 2 === 0;
    return {
      messageId: id(seq),
      sessionId: 'any',
      seq,
      sender: isReply ? 'server' : 'user',
      content: isReply
        ? `Reply **${seq}** with a [link](https://example.com) and \`code\`:\n\n- one\n- two`
        : `Message ${seq}`,
      timestamp: new Date(Date.UTC(2026, 0, 1) + seq * 60_000).toISOString(),
      ...(isReply && { replyTo: id(seq - 1) }),
    };
  });
}
