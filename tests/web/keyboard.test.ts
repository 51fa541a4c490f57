import type { Page } from 'playwright-core';
import { uniqueName } from '../../testkit/builders';
import { describeInBrowser } from '../support/browser';
import { PASSWORD } from '../support/client';
import { answered, shownOn, visit } from './chatPage';
import { usePageServer } from './pageServer';
import { visitWithChats } from './signedIn';

describeInBrowser('the chat page by keyboard', (shared) => {
  const server = usePageServer();

  test('everything is reachable, and the focus is always visible', async () => {
    const { page, problems } = await visit(shared.browser, server.url);
    const { keyboard } = page;
    const name = uniqueName('keys');

    await tabTo(page, 'input[name=username]');
    await keyboard.type(name);
    await tabTo(page, 'input[name=email]');
    await keyboard.type(`${name}@example.com`);
    await tabTo(page, 'input[name=password]');
    await keyboard.type(PASSWORD);
    await keyboard.press('Enter');
    // The page is ready for the first message.
    await page.locator('textarea:focus').waitFor();
    await keyboard.type('first line');
    await keyboard.press('Shift+Enter');
    await keyboard.type('second line');
    expect(await shownOn(page)).toEqual([]);
    await keyboard.press('Enter');
    await answered(page, 'second line');
    expect(await shownOn(page)).toEqual(['first line\nsecond line', 'first line\nsecond line']);
    await keyboard.press('Enter');
    expect(await page.locator('textarea').inputValue()).toBe('');
    expect(await shownOn(page)).toHaveLength(2);

    await tabTo(page, '.sidebar-head button', 'Shift+Tab');
    await keyboard.press('Enter');
    await page.locator('textarea:focus').waitFor();
    await keyboard.type('another');
    await keyboard.press('Enter');
    await answered(page, 'another');

    await tabTo(page, '.session-link', 'Shift+Tab');
    await page.locator('.session-link:focus', { hasText: 'another' }).waitFor();
    await keyboard.press('ArrowDown');
    await page.locator('.session-link:focus', { hasText: 'first line' }).waitFor();
    await keyboard.press('ArrowDown');
    await keyboard.press('Home');
    await page.locator('.session-link:focus', { hasText: 'another' }).waitFor();
    await keyboard.press('End');
    await keyboard.press('Enter');
    await page.getByRole('heading', { name: 'first line' }).waitFor();
    await page.locator('textarea:focus').waitFor();

    await tabTo(page, '.session-link', 'Shift+Tab');
    await keyboard.press('F2');
    await page.locator('dialog input:focus').waitFor();
    await keyboard.press('Escape');
    await page.locator('dialog').waitFor({ state: 'detached' });
    await page.locator('.session-link:focus').waitFor();
    await keyboard.press('F2');
    await page.locator('dialog input:focus').waitFor();
    // The initial value is selected, so that typing replaces it.
    await keyboard.type('renamed');
    await keyboard.press('Enter');
    await page.locator('.session-link:focus', { hasText: 'renamed' }).waitFor();

    await keyboard.press('Delete');
    await page.locator('dialog button:focus', { hasText: 'Cancel' }).waitFor();
    await tabTo(page, 'dialog button[type=submit]');
    await keyboard.press('Enter');
    await page.locator('dialog').waitFor({ state: 'detached' });
    await page.locator('.session-link:focus', { hasText: 'another' }).waitFor();

    await tabTo(page, '.account button');
    await keyboard.press('Enter');
    await page.locator('[role=menuitem]:focus', { hasText: 'Name and email' }).waitFor();
    await keyboard.press('Escape');
    await page.locator('.account button:focus').waitFor();
    await keyboard.press('Enter');
    for (const entry of [
      'Name and email',
      'Change password',
      'Devices',
      'Settings',
      'Export all data',
      'Log out',
    ]) {
      await page.locator('[role=menuitem]:focus', { hasText: entry }).waitFor();
      if (entry !== 'Log out') await keyboard.press('ArrowDown');
    }
    await keyboard.press('Enter');
    await page.getByRole('tab', { name: 'Log in', selected: true }).waitFor();
    expect(problems).toEqual([]);
  });

  test('Enter that ends a composition sends nothing, also if only its key code indicates it', async () => {
    const { page } = await visitWithChats(shared.browser, server, ['Hello']);
    await page.getByLabel('Message', { exact: true }).fill('にほん');
    await page.evaluate(`document.activeElement.dispatchEvent(
      new KeyboardEvent('keydown', { key: 'Enter', keyCode: 229, bubbles: true, cancelable: true }))`);
    expect(await page.getByLabel('Message', { exact: true }).inputValue()).toBe('にほん');
    await page.keyboard.press('Enter');
    await answered(page, 'にほん');
  });

  test('the arrow keys switch the tabs of the welcome page', async () => {
    const { page } = await visit(shared.browser, server.url);
    await tabTo(page, '[role=tab]');
    await page.keyboard.press('ArrowRight');
    await page.getByRole('tab', { name: 'Log in', selected: true }).waitFor();
    expect(await page.getByLabel('Username', { exact: true }).count()).toBe(0);
    await page.keyboard.press('ArrowLeft');
    await page.getByLabel('Username', { exact: true }).waitFor();
  });
});

/** Presses a key until the target has the focus, and checks that each focused element on the way is visible. */
async function tabTo(page: Page, selector: string, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  for (let stops = 0; stops < 30; stops++) {
    await page.keyboard.press(key);
    expect(await page.evaluate(`(${isFocusVisible})()`)).toBe(true);
    if (await page.evaluate<boolean>(`document.activeElement.matches(${JSON.stringify(selector)})`)) return;
  }
  throw new Error(`${key} never reaches ${selector}`);
}

/** Runs on the page. Returns whether the focused element is highlighted. */
function isFocusVisible(): boolean {
  const focused = document.activeElement;
  if (!focused || focused === document.body) return true;
  const framed = [focused, focused.parentElement].filter((element) => element !== null);
  return framed.some((element) => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
    return (outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2) || boxShadow !== 'none';
  });
}
