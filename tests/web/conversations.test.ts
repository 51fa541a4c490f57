import type { WebSocketRoute } from 'playwright-core';
import { describeInBrowser } from '../support/browser';
import {
  answered,
  chooseInAccount,
  chooseInRow,
  exchanges,
  listed,
  REFUSED,
  said,
  say,
  shownOn,
  signUpOn,
  startChatOn,
  visit,
} from './chatPage';
import { usePageServer } from './pageServer';
import { visitWithChats } from './signedIn';

describeInBrowser('conversations on the chat page', (shared) => {
  const server = usePageServer();

  test('signing up, chatting and reloading keeps everything', async () => {
    const { page, problems } = await visit(shared.browser, server.url);
    await page.getByRole('heading', { name: 'A chat that keeps its word.' }).waitFor();
    await signUpOn(page);
    await startChatOn(page, 'Hello there');
    await say(page, 'And <b>bold</b> & <img src=x onerror=alert(1)>\nin two lines');
    await answered(page, 'in two lines');
    const before = await shownOn(page);
    expect(before).toEqual(
      exchanges('Hello there', 'And <b>bold</b> & <img src=x onerror=alert(1)>\nin two lines'),
    );
    expect(await page.locator('.day-line').allTextContents()).toEqual(['Today']);
    expect(await page.locator('.bubble time').allTextContents()).toEqual(
      Array(4).fill(expect.stringMatching(/^\d\d:\d\d$/)),
    );
    await page.getByText('4 messages · begun today').waitFor();
    await page.getByLabel('Message', { exact: true }).fill('not sent, only begun');
    await page.reload();
    await answered(page, 'in two lines');
    expect(await shownOn(page)).toEqual(before);
    expect(await page.getByLabel('Message', { exact: true }).inputValue()).toBe('not sent, only begun');
    expect(await page.title()).toBe('Hello there · Smart Chat');
    expect(problems).toEqual([]);
  });

  test('chats are searched by name, renamed and deleted', async () => {
    const { page, problems } = await visitWithChats(shared.browser, server, [
      'Apples',
      'Bananas',
      'Cherries',
    ]);
    const names = () => page.locator('.session-name').allTextContents();
    expect(await names()).toEqual(['Cherries', 'Bananas', 'Apples']);

    await page.getByLabel('Search chats by name').fill('NAN');
    expect(await names()).toEqual(['Bananas']);
    await page.getByLabel('Search chats by name').fill('plum');
    await page.getByText('No chat’s name contains “plum”.').waitFor();
    await page.getByLabel('Search chats by name').press('Escape');
    expect(await names()).toEqual(['Cherries', 'Bananas', 'Apples']);

    await listed(page, 'Apples').click();
    await page.getByRole('heading', { name: 'Apples' }).waitFor();
    await say(page, 'more of them');
    await answered(page, 'more of them');
    expect(await names()).toEqual(['Apples', 'Cherries', 'Bananas']);

    await page.getByRole('button', { name: 'Chat actions' }).click();
    await page.getByRole('menuitem', { name: 'Rename' }).click();
    await page.getByLabel('Name', { exact: true }).fill('  ');
    await page.getByRole('button', { name: 'Rename', exact: true }).click();
    await page.getByText('Name must not be blank.').waitFor();
    await page.getByLabel('Name', { exact: true }).fill('Pears');
    await page.getByRole('button', { name: 'Rename', exact: true }).click();
    await page.getByRole('heading', { name: 'Pears' }).waitFor();
    expect(await names()).toEqual(['Pears', 'Cherries', 'Bananas']);

    await chooseInRow(page, 'Cherries', 'Delete');
    await page.getByRole('button', { name: 'Cancel' }).click();
    expect(await names()).toHaveLength(3);
    await page.getByRole('button', { name: 'Chat actions' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('Pick up where you left off').waitFor();
    expect(await names()).toEqual(['Cherries', 'Bananas']);
    await page.reload();
    await listed(page, 'Cherries').waitFor();
    expect(await names()).toEqual(['Cherries', 'Bananas']);
    // The browser logs the refused name on its console.
    expect(problems.filter((problem) => !REFUSED.test(problem))).toEqual([]);
  });

  test('two tabs show the same', async () => {
    // A tab may be loading the chat that the other one deletes.
    const {
      page: first,
      context,
      problems,
    } = await visitWithChats(shared.browser, server, ['One chat'], { expected: REFUSED });
    const second = await visit(shared.browser, first.url(), { context, expected: REFUSED });
    await answered(second.page, 'One chat');

    await say(first, 'from the first');
    await answered(second.page, 'from the first');
    await say(second.page, 'from the second');
    await answered(first, 'from the second');
    const all = exchanges('One chat', 'from the first', 'from the second');
    expect(await shownOn(first)).toEqual(all);
    expect(await shownOn(second.page)).toEqual(all);

    await first.bringToFront();
    await startChatOn(first, 'Another chat');
    await second.page.bringToFront();
    await listed(second.page, 'Another chat').click();
    await answered(second.page, 'Another chat');
    await first.bringToFront();
    await chooseInRow(first, 'Another chat', 'Delete');
    await first.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await second.page.getByText('This chat was deleted.').waitFor();
    await second.page.getByText('Pick up where you left off').waitFor();
    expect(await second.page.locator('.session-name').allTextContents()).toEqual(['One chat']);

    await first.bringToFront();
    await chooseInAccount(first, 'Log out');
    await first.getByRole('heading', { name: 'A chat that keeps its word.' }).waitFor();
    await second.page.getByRole('heading', { name: 'A chat that keeps its word.' }).waitFor();
    expect([...problems, ...second.problems]).toEqual([]);
  });

  test('a message that is too long cannot be sent, and the page shows by how much', async () => {
    const { page, problems } = await visitWithChats(shared.browser, server, ['Room']);
    await page.getByLabel('Message', { exact: true }).fill('x'.repeat(16_385));
    await page.getByText('Too long by about 1 character.').waitFor();
    expect(await page.getByRole('button', { name: 'Send' }).isDisabled()).toBe(true);
    await say(page, 'y'.repeat(16_384));
    await answered(page, 'yyyy');
    expect(await said(page, 'yyyy').count()).toBe(1);
    expect(problems).toEqual([]);
  });

  test('a deleted chat is not requested again, however slow the page is', async () => {
    const { page, problems } = await visit(shared.browser, server.url);
    await page.routeWebSocket(/socket\.io/, withoutDeletions);
    await page.addInitScript(LATE_ROUTES);
    await page.reload();
    await signUpOn(page);
    await startChatOn(page, 'Soon gone');
    await page.getByRole('button', { name: 'Chat actions' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.locator('.conversation').waitFor({ state: 'detached' });
    expect(problems).toEqual([]);
  });

  test('a link with an id in capitals opens the chat, and deleting the chat leaves it', async () => {
    const { page, problems } = await visitWithChats(shared.browser, server, ['Written in Swift']);
    const id = page.url().split('/').at(-1) ?? '';
    await page.goto(`${server.url}/#/chat/${id.toUpperCase()}`);
    await page.reload();
    await answered(page, 'Written in Swift');
    expect(await shownOn(page)).toEqual(exchanges('Written in Swift'));
    await page.getByRole('link', { name: 'Written in Swift' }).press('Delete');
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.waitForURL(({ hash }) => hash === '#/');
    expect(problems).toEqual([]);
  });
});

/** Hides the deletion event, so that the page learns of the deletion only from its own request. */
function withoutDeletions(socket: WebSocketRoute): void {
  const server = socket.connectToServer();
  server.onMessage((message) => {
    if (!message.includes('"deleted"')) socket.send(message);
  });
}

/** Delays the event for the changed address until the page has rendered. */
const LATE_ROUTES = `addEventListener('hashchange', (event) => {
  if (!event.isTrusted) return;
  event.stopImmediatePropagation();
  setTimeout(() => dispatchEvent(new HashChangeEvent('hashchange')), 300);
}, true)`;
