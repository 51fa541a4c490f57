import type { Browser } from 'playwright-core';
import { uniqueName } from '../../testkit/builders';
import { describeInBrowser } from '../support/browser';
import { PASSWORD } from '../support/client';
import {
  answered,
  chooseInAccount,
  holdRequests,
  listed,
  loginOf,
  NETWORK_LOST,
  said,
  say,
  signUpOn,
  startChatOn,
  type Visit,
  visit,
} from './chatPage';
import { usePageServer } from './pageServer';
import { visitWithChats } from './signedIn';

describeInBrowser('messages that the chat page can’t send or store', (shared) => {
  const server = usePageServer();

  test('a refused message stays with the reason until it is discarded', async () => {
    const { page, problems } = await visitWithChats(shared.browser, server, ['Fine']);
    await say(page, 'with a NUL: \0');
    await said(page, 'with a NUL').getByText('not sent').waitFor();
    await page.getByText('The message must not contain the character NUL (U+0000).').waitFor();
    await page.getByRole('button', { name: 'Discard' }).click();
    expect(await said(page, 'with a NUL').count()).toBe(0);
    await say(page, 'and on');
    await answered(page, 'and on');
    expect(problems).toEqual([]);
  });

  test('a message refused while another chat is open stays in its own chat', async () => {
    const { page, context, problems } = await writeOffline(shared.browser, server);
    await listed(page, 'Elsewhere').click();
    await page.getByRole('heading', { name: 'Elsewhere' }).waitFor();
    await context.setOffline(false);
    await page
      .getByText('A message in another chat was not sent. Open that chat to send it again.')
      .waitFor();
    await listed(page, 'Refused here').click();
    await said(page, 'with a NUL').getByText('not sent').waitFor();
    await page.reload();
    await page.getByText('The message must not contain the character NUL (U+0000).').waitFor();
    await page.getByRole('button', { name: 'Discard' }).click();
    await page.reload();
    await answered(page, 'Refused here');
    expect(await said(page, 'with a NUL').count()).toBe(0);
    expect(problems).toEqual([]);
  });

  test('the refusal of a message from an earlier visit is shown', async () => {
    const { page, problems } = await visitWithChats(shared.browser, server, ['Before']);
    await page.evaluate(leaveUnsent, (await loginOf(page)).sessionId);
    await page.reload();
    await page.getByText('The message must not contain the character NUL (U+0000).').waitFor();
    expect(problems).toEqual([]);
  });

  test('a message refused after returning to its chat is shown there', async () => {
    const { page, context } = await writeOffline(shared.browser, server);
    for (const name of ['Elsewhere', 'Refused here']) {
      await listed(page, name).click();
      await page.getByRole('heading', { name }).waitFor();
    }
    await said(page, 'with a NUL').getByText('not sent yet').waitFor();
    await context.setOffline(false);
    await page.getByText('The message must not contain the character NUL (U+0000).').waitFor();
    expect(await said(page, 'with a NUL').count()).toBe(1);
    expect(await page.locator('.notice').count()).toBe(0);
  });

  test('the next user does not see refused messages or drafts', async () => {
    const { page } = await visitWithChats(shared.browser, server, ['Private']);
    await say(page, 'secret with a NUL: \0');
    await said(page, 'secret').getByText('not sent').waitFor();
    await page.getByLabel('Message', { exact: true }).fill('secret draft');
    const { hash } = new URL(page.url());
    await chooseInAccount(page, 'Log out');
    await page.getByRole('tab', { name: 'Sign up' }).click();
    await signUpOn(page);
    // The page shows the chat until the response says that it doesn't exist.
    await holdRequests(page, /\/messages/);
    await page.evaluate(`location.hash = '${hash}'`);
    expect(await page.getByLabel('Message', { exact: true }).inputValue()).toBe('');
    expect(await said(page, 'secret').count()).toBe(0);
  });

  test('a full storage is reported', async () => {
    const { page } = await visit(shared.browser, server.url);
    await page.evaluate(`(${fillStorage})()`);
    const name = uniqueName('full');
    await page.getByLabel('Username').fill(name);
    await page.getByLabel('Email').fill(`${name}@example.com`);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByText('The storage is full, so the login could not be saved.').waitFor();
    await page.evaluate('localStorage.clear()');
    await signUpOn(page);
    await startChatOn(page, 'Fine');
    await page.evaluate(`(${fillStorage})()`);
    await say(page, 'not kept, but sent');
    await page.getByText('The storage is full: unsent messages are lost').waitFor();
    await answered(page, 'not kept, but sent');
  });
});

/** Writes a message that the server will refuse in the second of two new chats, while offline. */
async function writeOffline(browser: Browser, server: { readonly url: string }): Promise<Visit> {
  const visited = await visitWithChats(browser, server, ['Elsewhere', 'Refused here'], {
    expected: NETWORK_LOST,
  });
  await visited.context.setOffline(true);
  await say(visited.page, 'with a NUL: \0');
  await said(visited.page, 'with a NUL').getByText('not sent yet').waitFor();
  return visited;
}

/** Runs on the page. Fills its storage. */
function fillStorage(): void {
  for (let size = 4_194_304; size >= 1; size /= 2) {
    try {
      for (let count = 0; count < 9; count++) localStorage.setItem(`${size} ${count}`, 'x'.repeat(size));
    } catch {
      // Continues with shorter texts.
    }
  }
}

/** Runs on the page. Adds a message to the outbox, as if an earlier visit had left it. */
function leaveUnsent(sessionId: string): void {
  const { user } = JSON.parse(localStorage.getItem(`smart-chat ${location.origin} login`) ?? '');
  const message = {
    sessionId,
    clientMessageId: 'left',
    content: 'with a NUL: \0',
    createdAt: new Date().toISOString(),
  };
  const outbox = JSON.stringify({ userId: user.id, messages: [message] });
  localStorage.setItem(`smart-chat ${location.origin} outbox`, outbox);
}
