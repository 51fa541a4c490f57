import type { Page } from 'playwright-core';
import { times } from '../../testkit/builders';
import { describeInBrowser } from '../support/browser';
import { listed, loginOf, NETWORK_LOST, REFUSED, say, startChatOn } from './chatPage';
import { usePageServer } from './pageServer';
import { visitAgain, visitWithChats } from './signedIn';

const LIST = /\/api\/sessions\?/;

describeInBrowser('the list of chats on a second device', (shared) => {
  const server = usePageServer();

  /** A user on two devices. The first one has started these chats, the second one shows the list. */
  async function twoDevices(...names: [string, ...string[]]) {
    const expected = new RegExp(`${NETWORK_LOST.source}|${REFUSED.source}`);
    const {
      page: first,
      username,
      rest,
      sessionId,
    } = await visitWithChats(shared.browser, server, names, {
      expected,
    });
    const {
      page: second,
      context,
      problems,
    } = await visitAgain(shared.browser, server, username, { expected });
    await listed(second, names.at(-1) ?? '').waitFor();
    return { first, second, context, problems, rest, lastId: sessionId };
  }

  test('follows chats on another device: their order, previews and names', async () => {
    const { first, second, problems } = await twoDevices('Apples', 'Bananas');
    expect(await namesOn(second)).toEqual(['Bananas', 'Apples']);
    await listed(first, 'Apples').click();
    await first.getByRole('heading', { name: 'Apples' }).waitFor();
    await say(first, 'more of them');
    await listed(second, 'Apples').getByText('more of them').waitFor();
    expect(await namesOn(second)).toEqual(['Apples', 'Bananas']);
    await startChatOn(first, 'Cherries');
    await listed(second, 'Cherries').waitFor();
    expect(await namesOn(second)).toEqual(['Cherries', 'Apples', 'Bananas']);
    await listed(second, 'Cherries').click();
    await say(first, 'many');
    await second.getByText('4 messages · begun today').waitFor();
    expect(problems).toEqual([]);
  });

  test('counts the messages that an opened chat has and the list did not report', async () => {
    const { second, rest, lastId } = await twoDevices('Apples');
    // The device gets an outdated list, and no events.
    await second.routeWebSocket(/socket\.io/, () => {});
    let release = () => {};
    const stored = new Promise<void>((resolve) => {
      release = resolve;
    });
    await second.route(LIST, async (route) => {
      const response = await route.fetch();
      await rest.post(`/api/sessions/${lastId}/messages`, { content: 'more' }).expect(201);
      release();
      await route.fulfill({ response });
    });
    await second.route(/\/messages\?/, (route) => stored.then(() => route.continue()));
    await second.goto(`${server.url}/#/chat/${lastId}`);
    await second.reload();
    await second.getByText('4 messages · begun today').waitFor();
    await listed(second, 'Apples').getByText('more').waitFor();
  });

  test('is right after a lost connection, on all pages that were loaded', async () => {
    const { first, second, context, rest } = await twoDevices('Oldest', 'Older');
    const { sessionId: olderId } = await loginOf(first);
    await listed(first, 'Oldest').click();
    const { sessionId: oldestId } = await loginOf(first);
    for (const name of times(60, (index) => `Chat ${index}`))
      await rest.post('/api/sessions', { name }).expect(201);
    await listed(second, 'Chat 59').waitFor();
    await second.reload();
    await listed(second, 'Chat 59').waitFor();
    await second.locator('.session').last().scrollIntoViewIfNeeded();
    await listed(second, 'Oldest').waitFor();
    await context.setOffline(true);
    await rest.delete(`/api/sessions/${olderId}`).expect(204);
    await rest.patch(`/api/sessions/${oldestId}`, { name: 'Renamed' }).expect(200);
    await context.setOffline(false);
    await listed(second, 'Renamed').waitFor();
    expect(await listed(second, 'Older').count()).toBe(0);
    expect(await second.locator('.session').count()).toBe(61);
  });

  test('renames and deletes the open chat after a lost connection, however old it is', async () => {
    const { second, context, rest, lastId } = await twoDevices('Old');
    for (const name of times(60, (index) => `Chat ${index}`))
      await rest.post('/api/sessions', { name }).expect(201);
    await second.goto(`${server.url}/#/chat/${lastId}`);
    await second.reload();
    await second.getByRole('heading', { name: 'Old' }).waitFor();
    await context.setOffline(true);
    await second.getByText('Reconnecting…').waitFor();
    await rest.patch(`/api/sessions/${lastId}`, { name: 'Renamed' }).expect(200);
    await context.setOffline(false);
    await second.getByRole('heading', { name: 'Renamed' }).waitFor();
    await context.setOffline(true);
    await second.getByText('Reconnecting…').waitFor();
    await rest.delete(`/api/sessions/${lastId}`).expect(204);
    await context.setOffline(false);
    await second.getByText('This chat was deleted.').waitFor();
    expect(await listed(second, 'Renamed').count()).toBe(0);
  });

  test('keeps what is reported while an older list arrives', async () => {
    const { first, second, rest, lastId } = await twoDevices('Apples');
    await second.route(LIST, async (route) => {
      const response = await route.fetch();
      await rest.delete(`/api/sessions/${lastId}`).expect(204);
      await listed(second, 'Apples').waitFor({ state: 'detached' });
      await startChatOn(first, 'Bananas');
      await listed(second, 'Bananas').waitFor();
      await route.fulfill({ response });
    });
    const arrived = second.waitForResponse(LIST);
    await second.evaluate("dispatchEvent(new Event('focus'))");
    await arrived;
    // The page has handled the list when it has handled something that follows it.
    await rest.post('/api/sessions', { name: 'Cherries' }).expect(201);
    await listed(second, 'Cherries').waitFor();
    expect(await namesOn(second)).toEqual(['Cherries', 'Bananas']);
  });
});

function namesOn(page: Page): Promise<string[]> {
  return page.locator('.session-name').allTextContents();
}
