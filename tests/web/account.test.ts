import type { Page } from 'playwright-core';
import { uniqueName } from '../../testkit/builders';
import { describeInBrowser } from '../support/browser';
import { PASSWORD } from '../support/client';
import { chooseInAccount, logInOn, REFUSED, signUpOn, startChatOn, visit } from './chatPage';
import { startPageServer, usePageServer } from './pageServer';
import { visitAgain, visitSignedUp, visitWithChats } from './signedIn';

const OTHER_PASSWORD = 'another password, as long';

/** Fills in the fields of the open dialog and submits it. */
async function answerDialog(page: Page, values: Record<string, string>): Promise<void> {
  const dialog = page.getByRole('dialog');
  for (const [label, value] of Object.entries(values))
    await dialog.getByLabel(label, { exact: true }).fill(value);
  await page.keyboard.press('Enter');
}

describeInBrowser('the account, on the chat page', (shared) => {
  const server = usePageServer();

  test('a device is logged out from another one, or all of them together', async () => {
    const { page: first, problems } = await visit(shared.browser, server.url, { expected: REFUSED });
    const username = await signUpOn(first);
    const logIn = async () => {
      const other = await visit(shared.browser, server.url, { expected: REFUSED });
      await logInOn(other.page, username);
      await other.page.getByText('Start your first chat').waitFor();
      return other;
    };
    const second = await logIn();
    await chooseInAccount(first, 'Devices');
    const devices = first.getByRole('dialog').getByRole('listitem');
    await devices.nth(1).waitFor();
    expect(await devices.allTextContents()).toEqual([
      expect.stringMatching(/^Chrome on Linux.*last used today/),
      expect.stringMatching(/^Chrome on Linux.*last used today/),
    ]);
    // The row stays, so that a double click doesn't hit the next one.
    await first.getByRole('button', { name: /^Log out Chrome/ }).dblclick();
    await second.page.getByRole('tab', { name: 'Log in' }).waitFor();
    await second.page.getByText('You are logged out.').waitFor();
    await first.getByRole('button', { name: /^Logged out Chrome/ }).waitFor();
    expect(await devices.count()).toBe(2);
    expect(await first.getByRole('dialog').getByRole('alert').textContent()).toBe('');
    await first.keyboard.press('Escape');

    const third = await logIn();
    await chooseInAccount(first, 'Log out everywhere');
    await first.getByRole('dialog').getByRole('button', { name: 'Log out everywhere' }).click();
    for (const page of [first, third.page]) await page.getByRole('tab', { name: 'Log in' }).waitFor();
    expect([...problems, ...second.problems, ...third.problems]).toEqual([]);
  });

  test('problems are shown at their fields', async () => {
    const { page, problems } = await visit(shared.browser, server.url, { expected: REFUSED });
    const problemOf = async (label: string) => {
      const field = page.getByLabel(label, { exact: true });
      const id = (await field.getAttribute('aria-describedby')) ?? '';
      return (await page.locator(`[id="${id}"]`).textContent()) ?? '';
    };
    const focused = () => page.locator(':focus').getAttribute('name');
    await page.getByRole('button', { name: 'Create account' }).click();
    expect(await problemOf('Username')).toBe('Choose a username.');
    expect(await focused()).toBe('username');

    await page.getByLabel('Username').fill('a b');
    await page.getByLabel('Email').fill('nobody');
    await page.getByLabel('Password', { exact: true }).fill('short');
    await page.keyboard.press('Enter');
    await page.getByText('Email must be an email address.').waitFor();
    expect(await problemOf('Username')).toContain('Username must have 3 to 32 letters');
    expect(await problemOf('Password')).toBe('Password must have 8 to 128 characters.');
    expect(await page.getByLabel('Username').getAttribute('aria-invalid')).toBe('true');

    const name = await signUpOn(page);
    await chooseInAccount(page, 'Log out');
    await page.getByRole('tab', { name: 'Sign up' }).click();
    await page.getByLabel('Username').fill(name);
    await page.getByLabel('Email').fill(`other-${name}@example.com`);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByText('This username is taken. Choose another one.').waitFor();

    await logInOn(page, name, 'not the password');
    await page.getByRole('alert').getByText('The email, username or password is incorrect.').waitFor();
    expect(problems).toEqual([]);
  });

  test('a changed name and email are shown on every device', async () => {
    const { page, problems } = await visit(shared.browser, server.url, { expected: REFUSED });
    const taken = await signUpOn(page);
    await chooseInAccount(page, 'Log out');
    await page.getByRole('tab', { name: 'Sign up' }).click();
    const before = await signUpOn(page);
    await chooseInAccount(page, 'Name and email');
    expect(await page.getByLabel('Username').inputValue()).toBe(before);
    await answerDialog(page, { Username: taken });
    await page.getByText('This username is taken. Choose another one.').waitFor();
    const after = `${before}-2`;
    await answerDialog(page, { Username: after, Email: `${after}@example.com` });
    await page.getByRole('button', { name: `Account of ${after}` }).waitFor();
    await page.getByText(`${after}@example.com`).waitFor();
    expect(await page.getByRole('dialog').count()).toBe(0);
    expect(problems).toEqual([]);
  });

  test('changes made on another device are shown and not undone', async () => {
    const { page, problems, username: before } = await visitSignedUp(shared.browser, server);
    const other = await visitAgain(shared.browser, server, before);
    await other.page.getByText('Start your first chat').waitFor();
    const after = `${before}-2`;
    await chooseInAccount(page, 'Name and email');
    await answerDialog(page, { Username: after });
    await page.getByRole('button', { name: `Account of ${after}` }).waitFor();

    await chooseInAccount(other.page, 'Name and email');
    await answerDialog(other.page, { Email: `${after}@example.com` });
    await other.page.getByRole('button', { name: `Account of ${after}` }).waitFor();
    expect(await page.getByText(`${after}@example.com`).count()).toBe(0);
    await page.reload();
    await page.getByText(`${after}@example.com`).waitFor();
    expect([...problems, ...other.problems]).toEqual([]);
  });

  test('changing the password logs out the other devices', async () => {
    const options = { expected: REFUSED };
    const { page, problems, username } = await visitSignedUp(shared.browser, server, options);
    const other = await visitAgain(shared.browser, server, username, options);
    await other.page.getByText('Start your first chat').waitFor();
    await chooseInAccount(page, 'Change password');
    await answerDialog(page, {});
    await page.getByText('Enter your current password.').waitFor();
    await answerDialog(page, { 'Current password': 'not the password', 'New password': OTHER_PASSWORD });
    await page.getByText('This password is incorrect.').waitFor();
    expect(await page.locator(':focus').getAttribute('name')).toBe('currentPassword');
    await answerDialog(page, { 'Current password': PASSWORD, 'New password': 'short' });
    await page.getByText('New password must have 8 to 128 characters.').waitFor();
    await answerDialog(page, { 'Current password': PASSWORD, 'New password': OTHER_PASSWORD });
    await page.getByText('Your password was changed.').waitFor();
    await logInOn(other.page, username, OTHER_PASSWORD);
    await other.page.getByText('Start your first chat').waitFor();
    await startChatOn(page, 'Still here');
    expect([...problems, ...other.problems]).toEqual([]);
  });

  test('deleting the account requires its password', async () => {
    const { page, problems, username } = await visitWithChats(shared.browser, server, ['Soon gone'], {
      expected: REFUSED,
    });
    await chooseInAccount(page, 'Delete account');
    await answerDialog(page, { Password: 'not the password' });
    await page.getByText('This password is incorrect.').waitFor();
    await answerDialog(page, { Password: PASSWORD });
    await page.getByText('Your account was deleted.').waitFor();
    await logInOn(page, username);
    await page.getByRole('alert').getByText('The email, username or password is incorrect.').waitFor();
    expect(problems).toEqual([]);
  });

  test('password managers find the username in each form with a password, and it logs in', async () => {
    const { page, problems } = await visit(shared.browser, server.url);
    const marked = (within: string) => page.locator(`${within} input[autocomplete="username"]`);
    const username = await signUpOn(page);
    for (const name of ['Change password', 'Delete account']) {
      await chooseInAccount(page, name);
      expect(await marked('dialog').inputValue()).toBe(username);
      expect(await marked('dialog').isVisible()).toBe(false);
      expect(await page.locator('dialog form input').first().getAttribute('autocomplete')).toBe('username');
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
    await chooseInAccount(page, 'Log out');
    await page.getByRole('tab', { name: 'Log in', selected: true }).waitFor();
    const first = page.locator('form input').first();
    expect(await first.getAttribute('autocomplete')).toBe('username');
    expect(await page.getByLabel('Email or username').getAttribute('name')).toBe(
      await first.getAttribute('name'),
    );
    await page.getByRole('button', { name: 'Log in', exact: true }).click();
    await page.getByText('Enter your email or username.').waitFor();
    await first.fill(` ${username.toUpperCase()} `);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByText('Start your first chat').waitFor();
    expect(problems).toEqual([]);
  });

  test('a guest chats without a form, and signs up from the account menu with the chats', async () => {
    const open = await startPageServer([], undefined, { guests: true });
    const { page, problems } = await visit(shared.browser, open.url);
    await page.getByRole('button', { name: 'Continue as a guest' }).click();
    await page.getByText('Say something').waitFor();
    await startChatOn(page, 'Hello from a guest');
    await chooseInAccount(page, 'Log out');
    await page.getByText('A guest can’t log in again').waitFor();
    await page.keyboard.press('Escape');
    await chooseInAccount(page, 'Sign up');
    const username = uniqueName('guest');
    const email = `${username}@example.com`;
    await answerDialog(page, { Username: username, Email: email, Password: OTHER_PASSWORD });
    await page.getByText('You have an account now').waitFor();
    await page.locator('.account-email', { hasText: email }).waitFor();
    await page.getByRole('link', { name: 'Hello from a guest' }).first().waitFor();
    expect(problems).toEqual([]);
  });

  test('without guests, the page offers none', async () => {
    const { page } = await visit(shared.browser, server.url);
    await page.getByRole('tab', { name: 'Log in' }).waitFor();
    expect(await page.getByRole('button', { name: 'Continue as a guest' }).count()).toBe(0);
  });
});
