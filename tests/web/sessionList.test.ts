import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { describeInBrowser } from '../support/browser';
import { answered, chooseInAccount, chooseInRow, listed, NETWORK_LOST, said, say } from './chatPage';
import { usePageServer } from './pageServer';
import { visitAgain, visitSignedUp, visitWithChats } from './signedIn';

/** Within which all devices show a change, in milliseconds. */
const LIVE = { timeout: 2_000 };

describeInBrowser('the list of chats', (shared) => {
  const server = usePageServer();

  /** A user with these chats, the last one open. */
  function userWith(...names: [string, ...string[]]) {
    return visitWithChats(shared.browser, server, names, { expected: NETWORK_LOST });
  }

  /** The same user on a second device, which shows the list. */
  async function secondDevice(username: string, name: string): Promise<Page> {
    const { page } = await visitAgain(shared.browser, server, username, { expected: NETWORK_LOST });
    await listed(page, name).waitFor();
    return page;
  }

  test('marks chats with unread messages on every device until one of them shows the end', async () => {
    const { page: first, username, rest, sessionId, problems } = await userWith('Apples', 'Bananas');
    const second = await secondDevice(username, 'Bananas');
    await waitForTitle(second, 'Your chats · Smart Chat');
    await first.evaluate("location.hash = '#/'");
    await rest.post(`/api/sessions/${sessionId}/messages`, { content: 'one\ntwo' }).expect(201);
    for (const page of [first, second]) {
      await unread(page, 'Bananas').waitFor(LIVE);
      await listed(page, 'Bananas').getByText('one two', { exact: true }).waitFor(LIVE);
      await waitForTitle(page, '(1) Smart Chat');
    }
    await listed(first, 'Apples').click();
    await say(first, 'more of them');
    await answered(first, 'more of them');
    await listed(second, 'Apples').getByText('more of them').waitFor(LIVE);
    await listed(first, 'Bananas').click();
    await answered(first, 'one');
    for (const page of [first, second]) await unread(page, 'Bananas').waitFor({ state: 'detached', ...LIVE });
    await waitForTitle(first, 'Bananas · Smart Chat');
    await waitForTitle(second, 'Your chats · Smart Chat');
    expect(await namesOn(second)).toEqual(['Apples', 'Bananas']);
    expect(problems).toEqual([]);
  });

  test('leaves a chat unread while the reader is above the end, or the tab is hidden', async () => {
    const { page, rest, sessionId } = await userWith('Long');
    const send = (content: string) =>
      rest.post(`/api/sessions/${sessionId}/messages`, { content }).expect(201);
    await send('line\n'.repeat(100));
    await answered(page, 'line');
    const list = page.locator('.messages');
    await list.evaluate((each) => each.scrollTo(0, 0));
    await page.getByRole('button', { name: 'To the end' }).waitFor();
    await send('below');
    await unread(page, 'Long').waitFor(LIVE);
    await page.locator('.to-latest').click();
    await unread(page, 'Long').waitFor({ state: 'detached', ...LIVE });
    await setVisibility(page, 'hidden');
    await send('unseen');
    await answered(page, 'unseen');
    await waitForTitle(page, '(1) Smart Chat');
    await setVisibility(page, 'visible');
    await waitForTitle(page, 'Long · Smart Chat');
  });

  test('tells the server what was read without a connection, once there is one', async () => {
    const { page, context, username, rest, sessionId } = await userWith('Apples');
    const second = await secondDevice(username, 'Apples');
    await setVisibility(page, 'hidden');
    await rest.post(`/api/sessions/${sessionId}/messages`, { content: 'more' }).expect(201);
    await answered(page, 'more');
    await unread(second, 'Apples').waitFor(LIVE);
    await context.setOffline(true);
    await page.getByText('Reconnecting…').waitFor();
    await setVisibility(page, 'visible');
    await unread(page, 'Apples').waitFor({ state: 'detached' });
    expect(await unread(second, 'Apples').count()).toBe(1);
    await context.setOffline(false);
    await unread(second, 'Apples').waitFor({ state: 'detached' });
  });

  test('shows pinned chats first, on every device', async () => {
    const { page: first, username, problems } = await userWith('Apples', 'Bananas');
    const second = await secondDevice(username, 'Bananas');
    await chooseInRow(first, 'Apples', 'Pin');
    for (const page of [first, second]) {
      await page.getByRole('heading', { name: 'Pinned', exact: true }).waitFor(LIVE);
      expect(await groupsOn(page)).toEqual(['Pinned', 'Today']);
      expect(await namesOn(page)).toEqual(['Apples', 'Bananas']);
    }
    await listed(second, 'Apples').click();
    await second.getByRole('button', { name: 'Chat actions' }).click();
    await second.getByRole('menuitem', { name: 'Unpin' }).click();
    for (const page of [first, second]) {
      await page
        .getByRole('heading', { name: 'Pinned', exact: true })
        .waitFor({ state: 'detached', ...LIVE });
      expect(await namesOn(page)).toEqual(['Bananas', 'Apples']);
    }
    expect(problems).toEqual([]);
  });

  test('moves a chat to the archive and back, on every device', async () => {
    const { page: first, username, problems } = await userWith('Apples', 'Bananas');
    const second = await secondDevice(username, 'Bananas');
    await chooseInRow(first, 'Apples', 'Archive');
    for (const page of [first, second]) {
      await listed(page, 'Apples').waitFor({ state: 'detached', ...LIVE });
      await page.getByRole('button', { name: 'Archived chats' }).click();
      await listed(page, 'Apples').waitFor();
      expect(await namesOn(page)).toEqual(['Apples']);
    }
    await chooseInRow(second, 'Apples', 'Unarchive');
    await second.getByText('No archived chats.').waitFor();
    for (const page of [first, second]) {
      await page.getByRole('button', { name: 'Back to your chats' }).click();
      await listed(page, 'Apples').waitFor(LIVE);
    }
    await chooseInRow(second, 'Apples', 'Archive');
    await listed(first, 'Apples').waitFor({ state: 'detached', ...LIVE });
    await first.reload();
    await listed(first, 'Bananas').waitFor();
    expect(await namesOn(first)).toEqual(['Bananas']);
    await first.getByRole('button', { name: 'Archived chats' }).click();
    await listed(first, 'Apples').click();
    await first.getByRole('button', { name: 'Back to your chats' }).click();
    await say(first, 'from the archive');
    await answered(first, 'from the archive');
    for (const page of [first, second]) {
      await listed(page, 'Apples').getByText('from the archive').waitFor(LIVE);
      expect(await namesOn(page)).toEqual(['Apples', 'Bananas']);
    }
    expect(problems).toEqual([]);
  });

  test('keeps an archived chat open, also over a lost connection', async () => {
    const { page, context, rest, sessionId } = await userWith('Apples');
    await rest.patch(`/api/sessions/${sessionId}`, { archived: true }).expect(200);
    await listed(page, 'Apples').waitFor({ state: 'detached', ...LIVE });
    await context.setOffline(true);
    await page.getByText('Reconnecting…').waitFor();
    await rest.patch(`/api/sessions/${sessionId}`, { name: 'Pears' }).expect(200);
    await context.setOffline(false);
    await page.getByRole('heading', { name: 'Pears' }).waitFor();
    expect(await listed(page, 'Pears').count()).toBe(0);
  });

  test('has a new chat from its first message on, and the server no earlier', async () => {
    const { page, context, rest, problems } = await visitSignedUp(shared.browser, server, {
      expected: NETWORK_LOST,
    });
    await page.locator('textarea:focus').waitFor();
    expect(page.url()).toMatch(/#\/new$/);
    await page.keyboard.type('begun');
    await page.reload();
    expect(await page.getByLabel('Message', { exact: true }).inputValue()).toBe('begun');
    const { body } = await rest.get('/api/sessions').expect(200);
    expect(body.sessions).toEqual([]);
    await page.keyboard.press('Enter');
    await answered(page, 'begun');
    expect(page.url()).toMatch(/#\/chat\/[0-9a-f-]{36}$/);
    expect(await page.locator('textarea:focus').count()).toBe(1);
    await listed(page, 'begun').waitFor();

    await context.setOffline(true);
    await page.getByText('Reconnecting…').waitFor();
    await page.getByRole('button', { name: 'New chat' }).click();
    await page.locator('textarea:focus').waitFor();
    await page.keyboard.type('from the tunnel');
    await page.keyboard.press('Enter');
    await listed(page, 'from the tunnel').getByText('Waiting to send…').waitFor();
    await listed(page, 'begun').click();
    await page.getByRole('heading', { name: 'begun' }).waitFor();
    await listed(page, 'from the tunnel').click();
    await said(page, 'from the tunnel').getByText('not sent yet').waitFor();
    await context.setOffline(false);
    await answered(page, 'from the tunnel');
    expect(await namesOn(page)).toEqual(['from the tunnel', 'begun']);
    expect(problems).toEqual([]);
  });

  test('shows pinned and unread chats that are older than the loaded ones', async () => {
    const { page, rest, problems } = await userWith('begun');
    const create = async (name: string) => (await rest.post('/api/sessions', { name }).expect(201)).body.id;
    const [pinned, unpinned, archived] = [
      await create('Pinned'),
      await create('Unpinned'),
      await create('Away'),
    ];
    const spoken = await create('Spoken');
    await rest.post(`/api/sessions/${spoken}/messages`, { content: 'an unread reply' }).expect(201);
    for (const id of [pinned, unpinned, archived])
      await rest.patch(`/api/sessions/${id}`, { pinned: true }).expect(200);
    await rest.patch(`/api/sessions/${archived}`, { archived: true }).expect(200);
    for (let count = 0; count < 51; count++) await create(`later ${count}`);
    // As if there were more unread chats than one page has.
    let nextCursor: string | undefined = 'more';
    await page.route(/unread=true/, async (route) => {
      const response = await route.fetch();
      await route.fulfill({
        response,
        json: { ...(await response.json()), ...(nextCursor && { nextCursor }) },
      });
    });
    await page.reload();
    await waitForTitle(page, '(1+) Smart Chat');
    nextCursor = undefined;
    // Few unread chats are known, so the next change makes the page read them again.
    await rest.patch(`/api/sessions/${pinned}`, { name: 'Pinned first' }).expect(200);
    await waitForTitle(page, '(1) Smart Chat');
    await unread(page, 'Spoken').waitFor();
    expect((await namesOn(page)).slice(0, 2)).toEqual(['Unpinned', 'Pinned first']);
    await listed(page, 'begun').waitFor();
    expect(await listed(page, 'later 0').count()).toBe(0);
    // Missed while the page was away: they are read again.
    await page.context().setOffline(true);
    await page.getByText('Reconnecting…').waitFor();
    await rest.patch(`/api/sessions/${unpinned}`, { pinned: false }).expect(200);
    await rest.put(`/api/sessions/${spoken}/read`, { seq: 2 }).expect(200);
    await page.context().setOffline(false);
    await waitForTitle(page, 'begun · Smart Chat');
    await listed(page, 'Unpinned').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Archived chats' }).click();
    await listed(page, 'Away').waitFor();
    expect(problems).toEqual([]);
  });

  test('exports a chat, and all data', async () => {
    const { page, username, problems } = await userWith('Apples & pears');
    const markdown = await download(page, () => chooseInRow(page, 'Apples & pears', 'Export as Markdown'));
    expect(markdown.name).toMatch(/\.md$/);
    expect(markdown.text).toContain('Apples & pears');
    const lines = await download(page, () => chooseInRow(page, 'Apples & pears', 'Export as JSON Lines'));
    expect(lines.name).toMatch(/\.jsonl$/);
    const parsed = lines.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(parsed.filter(({ content }) => content === 'Apples & pears')).toHaveLength(2);
    const all = await download(page, () => chooseInAccount(page, 'Export all data'));
    expect(all.text).toContain(username);
    expect(all.text).toContain('Apples & pears');
    expect(problems).toEqual([]);
  });
});

function unread(page: Page, name: string) {
  return listed(page, name).locator('.unread-mark');
}

function namesOn(page: Page): Promise<string[]> {
  return page.locator('.session-name').allTextContents();
}

function groupsOn(page: Page): Promise<string[]> {
  return page.getByRole('navigation').getByRole('heading').allTextContents();
}

async function waitForTitle(page: Page, title: string): Promise<void> {
  await page.waitForFunction((expected) => document.title === expected, title, LIVE);
}

/** As if the user had switched to another tab, or back. */
async function setVisibility(page: Page, state: DocumentVisibilityState): Promise<void> {
  await page.evaluate((value) => {
    Object.defineProperty(document, 'visibilityState', { value, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, state);
}

async function download(page: Page, start: () => Promise<void>): Promise<{ name: string; text: string }> {
  const [file] = await Promise.all([page.waitForEvent('download'), start()]);
  return { name: file.suggestedFilename(), text: await readFile(await file.path(), 'utf8') };
}
