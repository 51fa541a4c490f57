import type { Locator, Page } from 'playwright-core';
import type { Message } from '../../src/domain/message';
import { describeInBrowser } from '../support/browser';
import { api } from '../support/client';
import { answered, exchanges, loginOf, REFUSED, said, say, shownOn } from './chatPage';
import { usePageServer } from './pageServer';
import { visitSignedUp, visitWithChats } from './signedIn';

const COUNT = 1_000_000;
/** One message every ten minutes, the last one now. */
const APART_MS = 10 * 60_000;
const END = Date.now();

describeInBrowser('jumping to a date', (shared) => {
  const server = usePageServer();

  test('shows its first message among 1,000,000 after at most 20 requests, and scrolls on in both directions', async () => {
    const { page, problems } = await visitSignedUp(shared.browser, server, { expected: REFUSED });
    const requests = await openLongChat(page);
    for (const daysAgo of [3_000, 1, 6_900, 2_000.5]) {
      requests.length = 0;
      const day = new Date(END - daysAgo * 24 * 3_600_000);
      day.setHours(0, 0, 0, 0);
      await jumpTo(page, day);
      const first = Math.ceil(COUNT - (END - day.getTime()) / APART_MS);
      const message = page.getByText(`Message ${first}`, { exact: true });
      await message.waitFor();
      expect(requests.length).toBeLessThanOrEqual(20);
      // Below the heading of the day, and below what was scrolled away.
      expect(await offsetOf(message)).toBeGreaterThan(0);
      expect(await offsetOf(message)).toBeLessThan(120);
    }
    // Neighbors are loaded as the user scrolls, without gaps.
    const list = page.getByRole('region', { name: 'Messages' });
    for (const key of ['PageUp', 'PageDown']) {
      await list.focus();
      const before = await page.locator('.message').count();
      await page.waitForFunction(
        ({ pressed, count }) => {
          const element = document.querySelector('.messages');
          element?.scrollBy(0, pressed === 'PageUp' ? -2_000 : 2_000);
          return document.querySelectorAll('.message').length > count + 40;
        },
        { pressed: key, count: before },
      );
    }
    const shown = await page.locator('.message .bubble-text').allTextContents();
    const numbers = shown.map((text) => Number(text.split(' ')[1]));
    expect(numbers).toEqual(numbers.map((_number, index) => (numbers[0] ?? 0) + index));
    expect(numbers.length).toBeGreaterThan(130);
    // Back to the end.
    await page.getByRole('button', { name: 'To the end' }).click();
    const last = page.getByText(`Message ${COUNT}`, { exact: true });
    await last.waitFor();
    await page.getByRole('button', { name: 'To the end' }).waitFor({ state: 'detached' });
    expect(await page.locator('.message').count()).toBeLessThanOrEqual(101);
    expect(problems).toEqual([]);
  }, 120_000);

  test('new messages meanwhile are not lost, and sending goes to the end', async () => {
    const { page, problems } = await visitWithChats(shared.browser, server, ['First']);
    const { token, sessionId } = await loginOf(page);
    const send = (content: string) =>
      api(server, token).post(`/api/sessions/${sessionId}/messages`, { content }).expect(201);
    for (let count = 1; count <= 60; count++) await send(`message ${count}.`);
    await answered(page, 'message 60.');
    await jumpTo(page, new Date());
    // The first message may have been there before.
    await page.locator('.bubble').filter({ hasText: 'message 60.' }).first().waitFor({ state: 'detached' });
    await page.getByText('First', { exact: true }).nth(2).waitFor();
    await send('meanwhile');
    await page.locator('.conversation-title').getByText('124 messages').waitFor();
    // It would follow a gap.
    expect(await page.locator('.bubble').filter({ hasText: 'meanwhile' }).count()).toBe(0);
    await say(page, 'from above');
    await answered(page, 'from above');
    await said(page, 'meanwhile').waitFor();
    expect(await page.locator('.bubble-own').filter({ hasText: 'from above' }).count()).toBe(1);
    expect(await offsetOf(page.locator('.bubble').last())).toBeGreaterThan(0);
    // An edited version of a message that was jumped to ends its branch, which is loaded from its beginning.
    await jumpTo(page, new Date());
    const early = page.locator('.message').filter({ hasText: 'message 2.' }).first();
    await early.hover();
    await early.getByRole('button', { name: 'Edit message' }).click();
    await page.getByLabel('Edited message').fill('another second one');
    await page.keyboard.press('Enter');
    await answered(page, 'another second one');
    await page.getByText('This is where the chat begins').waitFor();
    expect(await shownOn(page)).toEqual(exchanges('First', 'message 1.', 'another second one'));
    expect(problems).toEqual([]);
  }, 60_000);

  test('a day after the last message, and no day at all, are explained', async () => {
    const { page } = await visitWithChats(shared.browser, server, ['A chat']);
    await openDialog(page);
    await page.getByLabel('Date', { exact: true }).fill('');
    await page.getByRole('button', { name: 'Jump' }).click();
    await page.getByText('Choose a date.').waitFor();
    await page.getByLabel('Date', { exact: true }).fill('9000-01-01');
    await page.getByRole('button', { name: 'Jump' }).click();
    await page.getByText('There are no messages on that day or after it.').waitFor();
  });
});

/** Opens a chat of which the server says that it has a million messages. Returns the addresses of the pages that are read. */
async function openLongChat(page: Page): Promise<string[]> {
  const requests: string[] = [];
  await page.route(/\/messages\?/, (route) => {
    const url = new URL(route.request().url());
    requests.push(url.href);
    const limit = Number(url.searchParams.get('limit'));
    const after = url.searchParams.get('after');
    const before = Number(url.searchParams.get('before') ?? COUNT + 1);
    const from = after === null ? Math.max(1, before - limit) : Number(after) + 1;
    const to = after === null ? before - 1 : Math.min(COUNT, Number(after) + limit);
    const hasMore = after === null ? from > 1 : to < COUNT;
    return route.fulfill({ json: { messages: messagesBetween(from, to), hasMore } });
  });
  await page.route(/\/api\/sessions(\?.*)?$/, async (route) => {
    const response = await route.fetch();
    const text = (await response.text()).replaceAll('"lastSeq":0', `"lastSeq":${COUNT}`);
    await route.fulfill({ response, body: text });
  });
  const { token } = await loginOf(page);
  const { body } = await api({ url: new URL(page.url()).origin }, token)
    .post('/api/sessions', {})
    .expect(201);
  await page.evaluate(`history.replaceState(null, '', '#/chat/${body.id}')`);
  await page.reload();
  await page.getByText(`Message ${COUNT}`, { exact: true }).waitFor();
  return requests;
}

function messagesBetween(from: number, to: number): Message[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_none, index) => {
    const seq = from + index;
    return {
      messageId: `message-${seq}`,
      sessionId: '',
      seq,
      sender: 'user',
      content: `Message ${seq}`,
      timestamp: new Date(END - (COUNT - seq) * APART_MS).toISOString(),
    };
  });
}

async function openDialog(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Chat actions' }).click();
  await page.getByRole('menuitem', { name: 'Jump to a date' }).click();
}

async function jumpTo(page: Page, day: Date): Promise<void> {
  await openDialog(page);
  const pad = (part: number) => String(part).padStart(2, '0');
  const date = `${day.getFullYear()}-${pad(day.getMonth() + 1)}-${pad(day.getDate())}`;
  await page.getByLabel('Date', { exact: true }).fill(date);
  await page.getByRole('button', { name: 'Jump' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}

/** The distance of a message from the top of the visible messages, in pixels. */
async function offsetOf(message: Locator): Promise<number> {
  const list = await message.page().locator('.messages').boundingBox();
  const box = await message.boundingBox();
  return (box?.y ?? -1) - (list?.y ?? 0);
}
