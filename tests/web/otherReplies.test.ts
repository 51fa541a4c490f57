import type { Page } from 'playwright-core';
import { scriptedResponder } from '../responders/scriptedResponder';
import { describeInBrowser } from '../support/browser';
import { api } from '../support/client';
import {
  answered,
  exchanges,
  loginOf,
  NETWORK_LOST,
  REFUSED,
  said,
  say,
  shownOn,
  signUpOn,
  startChatOn,
  visit,
} from './chatPage';
import { startPageServer, usePageServer } from './pageServer';
import { visitAgain, visitSignedUp, visitWithChats } from './signedIn';

const EXPECTED = new RegExp(`${NETWORK_LOST.source}|${REFUSED.source}`);

describeInBrowser('other replies to a message on the page', (shared) => {
  /** A chat with a model whose replies the test writes, in which this was said. */
  async function chatWithModel(words: string) {
    const { responder, requests, request } = scriptedResponder();
    const { url } = await startPageServer([], responder);
    const { page, context, problems, username } = await visitSignedUp(
      shared.browser,
      { url },
      { expected: EXPECTED },
    );
    await say(page, words);
    return { url, page, context, problems, username, request, requests };
  }

  test('a reply that has failed in mid-text is made again, in place, and both can be read', async () => {
    const { page, request, problems } = await chatWithModel('Why?');
    const first = await request(0);
    first.send('Because');
    first.fail();
    await page.getByText('The reply failed.').waitFor();
    await page.getByRole('button', { name: 'Try again' }).click();
    const second = await request(1);
    await page.locator('.draft').waitFor();
    expect(await page.getByRole('button', { name: 'Try again' }).count()).toBe(0);
    second.send('Better: ');
    await page.locator('.draft').getByText('Better:').waitFor();
    expect(await shownOn(page)).toEqual(['Why?', 'Better: ']);
    second.send('so.');
    second.finish();
    await page.locator('.draft').waitFor({ state: 'detached' });
    expect(await shownOn(page)).toEqual(['Why?', 'Better: so.']);
    await page.getByRole('button', { name: 'Previous answer' }).click();
    await page.getByText('answer 1 of 2').waitFor({ state: 'attached' });
    expect(await shownOn(page)).toEqual(['Why?', 'Because']);
    await page.reload();
    await page.getByText('answer 2 of 2').waitFor({ state: 'attached' });
    expect(await shownOn(page)).toEqual(['Why?', 'Better: so.']);
    expect(problems).toEqual([]);
  });

  test('another reply is stopped: without text the old one stays, and what has arrived is a reply', async () => {
    const { page, request, problems } = await chatWithModel('Why?');
    const first = await request(0);
    first.send('Because');
    first.finish();
    await answered(page, 'Why?');
    await page.getByRole('button', { name: 'Regenerate the answer' }).click();
    await request(1);
    await page.getByRole('button', { name: 'Stop the reply' }).click();
    await page.getByRole('button', { name: 'Regenerate the answer' }).waitFor();
    expect(await shownOn(page)).toEqual(['Why?', 'Because']);
    await page.getByRole('button', { name: 'Regenerate the answer' }).click();
    (await request(2)).send('So far');
    await page.locator('.draft').getByText('So far').waitFor();
    await page.getByRole('button', { name: 'Previous answer' }).click();
    expect(await shownOn(page)).toEqual(['Why?', 'Because']);
    await page.getByRole('button', { name: 'Next answer' }).click();
    expect(await shownOn(page)).toEqual(['Why?', 'So far']);
    await page.getByRole('button', { name: 'Stop the reply' }).click();
    await page.getByText('Stopped.', { exact: true }).waitFor();
    expect(await shownOn(page)).toEqual(['Why?', 'So far']);
    await page.getByRole('button', { name: 'Try again' }).waitFor();
    expect(problems).toEqual([]);
  });

  test('another reply that fails keeps the one that is there, says so, and can be tried again', async () => {
    const { page, request, problems } = await chatWithModel('Why?');
    const first = await request(0);
    first.send('Because');
    first.finish();
    await answered(page, 'Why?');
    await page.getByRole('button', { name: 'Regenerate the answer' }).click();
    const second = await request(1);
    second.send('Half');
    await page.locator('.draft').getByText('Half').waitFor();
    second.fail();
    await page.getByText('Another answer failed. The earlier one is still there.').waitFor();
    await page.locator('.bubble-failure').waitFor();
    expect(await shownOn(page)).toEqual(['Why?', 'Because']);
    // It is known after a reload, too: the next try has another number.
    await page.reload();
    await page.getByRole('button', { name: 'Try again' }).click();
    const third = await request(2);
    third.send('Whole');
    third.finish();
    await page.getByText('answer 2 of 2').waitFor({ state: 'attached' });
    expect(await shownOn(page)).toEqual(['Why?', 'Whole']);
    expect(await page.locator('.bubble-failure').count()).toBe(0);
    expect(problems).toEqual([]);
  });

  test('another device sees the new reply grow, and both get one if they ask at once', async () => {
    const { url, page, request, requests, username, problems } = await chatWithModel('Why?');
    const first = await request(0);
    first.send('Because');
    first.finish();
    await answered(page, 'Why?');
    const { page: other } = await visitAgain(shared.browser, { url }, username, { expected: EXPECTED });
    await other.goto(page.url());
    await answered(other, 'Why?');
    // Without waiting until the button is stable: the draft of the first click removes it from the other page.
    await Promise.all(
      [page, other].map((each) =>
        each.getByRole('button', { name: 'Regenerate the answer' }).dispatchEvent('click'),
      ),
    );
    const second = await request(1);
    second.send('Again');
    for (const each of [page, other]) await each.locator('.draft').getByText('Again').waitFor();
    second.finish();
    for (const each of [page, other]) {
      await each.locator('.draft').waitFor({ state: 'detached' });
      expect(await shownOn(each)).toEqual(['Why?', 'Again']);
    }
    expect(requests).toHaveLength(2);
    expect(problems).toEqual([]);
  });
});

describeInBrowser('edited messages on the page', (shared) => {
  const server = usePageServer();

  test('an edited message begins a branch, and the earlier one can be read and left again', async () => {
    const { page, problems } = await visitWithChats(shared.browser, server, ['one']);
    for (const words of ['two', 'three']) {
      await say(page, words);
      await answered(page, words);
    }
    await edit(page, 'two', 'two, edited');
    await page.getByRole('button', { name: 'Save' }).click();
    await answered(page, 'two, edited');
    expect(await shownOn(page)).toEqual(exchanges('one', 'two, edited'));
    await page.getByRole('button', { name: 'Previous version' }).click();
    await page.getByText('version 1 of 2').waitFor({ state: 'attached' });
    expect(await shownOn(page)).toEqual(exchanges('one', 'two', 'three'));
    await page.getByText('This is an earlier version.').waitFor();
    // A message continues the newest branch.
    await say(page, 'four');
    await answered(page, 'four');
    expect(await shownOn(page)).toEqual(exchanges('one', 'two, edited', 'four'));
    await page.getByRole('button', { name: 'Previous version' }).click();
    await page.getByRole('button', { name: 'Show the latest' }).click();
    expect(await shownOn(page)).toEqual(exchanges('one', 'two, edited', 'four'));
    await page.reload();
    await answered(page, 'four');
    expect(await shownOn(page)).toEqual(exchanges('one', 'two, edited', 'four'));
    expect(problems).toEqual([]);
  });

  test('everything works by keyboard, and the focus is never lost', async () => {
    const { page, problems } = await visit(shared.browser, server.url);
    const { keyboard } = page;
    await signUpOn(page);
    await startChatOn(page, 'one');
    const editButton = page.getByRole('button', { name: 'Edit message' });
    await editButton.focus();
    await keyboard.press('Enter');
    await page.getByLabel('Edited message').and(page.locator(':focus')).waitFor();
    // The message input stays the last one of the page.
    expect(await page.locator('textarea').last().getAttribute('aria-label')).toBe('Message');
    await keyboard.type(', not saved');
    await keyboard.press('Escape');
    await editButton.and(page.locator(':focus')).waitFor();
    expect(await shownOn(page)).toEqual(exchanges('one'));
    await keyboard.press('Enter');
    await keyboard.press('Enter');
    await editButton.and(page.locator(':focus')).waitFor();
    expect(await shownOn(page)).toEqual(exchanges('one'));
    await keyboard.press('Enter');
    await keyboard.type(',');
    await keyboard.press('Shift+Enter');
    await keyboard.type('edited');
    await keyboard.press('Control+Enter');
    await page.getByLabel('Message', { exact: true }).and(page.locator(':focus')).waitFor();
    await answered(page, 'edited');
    expect(await shownOn(page)).toEqual(exchanges('one,\nedited'));
    const previous = page.getByRole('button', { name: 'Previous version' });
    await previous.focus();
    await keyboard.press('Enter');
    await page.getByText('version 1 of 2').waitFor({ state: 'attached' });
    await previous.and(page.locator(':focus')).waitFor();
    await keyboard.press('Enter');
    expect(await shownOn(page)).toEqual(exchanges('one'));
    await page.getByRole('button', { name: 'Regenerate the answer' }).focus();
    await keyboard.press('Enter');
    await page.getByText('answer 2 of 2').waitFor({ state: 'attached' });
    await page.getByLabel('Message', { exact: true }).and(page.locator(':focus')).waitFor();
    expect(problems).toEqual([]);
  });

  test('a message is edited offline: it is shown in place, and sent when the server is back', async () => {
    const { page, context, problems } = await visitWithChats(shared.browser, server, ['one'], {
      expected: NETWORK_LOST,
    });
    await say(page, 'two');
    await answered(page, 'two');
    await context.setOffline(true);
    await page.getByText('Reconnecting…').waitFor();
    await edit(page, 'one', 'one, edited');
    await page.keyboard.press('Enter');
    await said(page, 'one, edited').getByText('not sent yet').waitFor();
    await say(page, 'three');
    await said(page, 'three').getByText('not sent yet').waitFor();
    expect(await shownOn(page)).toEqual(['one, edited', 'three']);
    await page.getByRole('button', { name: 'Previous version' }).click();
    await said(page, 'two').waitFor();
    expect(await shownOn(page)).toEqual(exchanges('one', 'two'));
    await context.setOffline(false);
    await page.getByRole('button', { name: 'Next version' }).click();
    await answered(page, 'three');
    expect(await shownOn(page)).toEqual(exchanges('one, edited', 'three'));
    expect(problems).toEqual([]);
  });

  test('an edit on another device moves this one to the new branch', async () => {
    const { page, problems } = await visitWithChats(shared.browser, server, ['one']);
    const { token, sessionId } = await loginOf(page);
    const rest = api(server, token);
    const { body } = await rest.get(`/api/sessions/${sessionId}/messages`).expect(200);
    const replaces: string = body.messages[0].messageId;
    await rest.post(`/api/sessions/${sessionId}/messages`, { content: 'edited', replaces }).expect(201);
    await answered(page, 'edited');
    expect(await shownOn(page)).toEqual(exchanges('edited'));
    expect(problems).toEqual([]);
  });
});

/** Opens the editor of a message and changes its text. */
async function edit(page: Page, words: string, edited: string): Promise<void> {
  const message = page.locator('.message').filter({ has: said(page, words) });
  await message.getByRole('button', { name: 'Edit message' }).click();
  await page.getByLabel('Edited message').fill(edited);
}
