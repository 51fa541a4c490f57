import type { Page } from 'playwright-core';
import { describeInBrowser } from '../support/browser';
import { answered, chooseInAccount, holdRequests, REFUSED, signUpOn, startChatOn, visit } from './chatPage';
import { startPageServer, usePageServer } from './pageServer';
import { visitSignedUp, visitWithChats } from './signedIn';

const LIGHT = 'rgb(245, 242, 234)';
const DARK = 'rgb(15, 22, 19)';

describeInBrowser('the settings of the chat page', (shared) => {
  const server = usePageServer();

  test.each(['light', 'dark'] as const)(
    'a theme replaces the one of a device that is set to %s, at once and in other tabs',
    async (colorScheme) => {
      const { page, context, problems } = await visitSignedUp(shared.browser, server, { colorScheme });
      const other = await visit(shared.browser, server.url, { context });
      await openSettings(page);
      for (const [label, background, scheme] of [
        ['Dark', DARK, 'dark'],
        ['Light', LIGHT, 'light'],
        ['Like the device', colorScheme === 'dark' ? DARK : LIGHT, colorScheme],
        ['Dark', DARK, 'dark'],
      ] as const) {
        await page.getByLabel(label).check();
        for (const tab of [page, other.page]) {
          await tab.waitForFunction(
            `getComputedStyle(document.body).backgroundColor === ${JSON.stringify(background)}`,
          );
          expect(await themeColors(tab)).toEqual([scheme === 'dark' ? '#0f1613' : '#f5f2ea']);
        }
      }
      expect([...problems, ...other.problems]).toEqual([]);
    },
  );

  test('the theme and the text size are there before the page runs, also at unknown addresses', async () => {
    const { page, context, problems } = await visitSignedUp(shared.browser, server, { expected: REFUSED });
    await openSettings(page);
    await page.getByLabel('Dark').check();
    await page.getByLabel('Largest').check();
    for (const path of ['/', '/missing']) {
      const later = await visit(shared.browser, 'about:blank', { context, expected: REFUSED });
      const letGo = await holdRequests(later.page, /\/assets\/(main|chunk)-\w+\.js/);
      await later.page.goto(server.url + path, { waitUntil: 'commit' });
      await later.page.locator('body').waitFor({ state: 'attached' });
      expect(await later.page.evaluate(`getComputedStyle(document.body).fontSize`)).toBe('18.75px');
      expect(await backgroundOf(later.page)).toBe(DARK);
      expect(await later.page.locator('.chat').count()).toBe(0);
      letGo();
      expect(later.problems).toEqual([]);
    }
    expect(problems).toEqual([]);
  });

  test('a theme includes the color of the operator', async () => {
    const adapted = await startPageServer([], undefined, { webAccent: '#7a1f5c' });
    const { page } = await visitSignedUp(shared.browser, adapted, { colorScheme: 'light' });
    const accent = () =>
      page.evaluate<string>(`getComputedStyle(document.documentElement).getPropertyValue('--accent')`);
    expect(await accent()).toBe('#7a1f5c');
    await openSettings(page);
    await page.getByLabel('Dark').check();
    expect(await accent()).not.toBe('#7a1f5c');
    await page.getByLabel('Light', { exact: true }).check();
    expect(await accent()).toBe('#7a1f5c');
  });

  test('Enter begins a new line if the user prefers that, and Ctrl + Enter sends', async () => {
    const { page, problems } = await visitWithChats(shared.browser, server, ['A chat']);
    await openSettings(page);
    await page.getByLabel('Begins a new line').check();
    await page.getByRole('button', { name: 'Done' }).click();
    await page.reload();
    await page.getByText('Ctrl + Enter sends').waitFor();
    const input = page.getByLabel('Message', { exact: true });
    await input.fill('one');
    await input.press('Enter');
    await page.keyboard.type('two');
    expect(await input.inputValue()).toBe('one\ntwo');
    await input.press('Control+Enter');
    await answered(page, 'two');
    expect(await input.inputValue()).toBe('');
    expect(problems).toEqual([]);
  });

  test('settings that are not valid count as not set', async () => {
    const { page, problems } = await visit(shared.browser, server.url, { colorScheme: 'dark' });
    for (const stored of ['{', 'null', '7', '{"theme":"pink","textSize":7,"enter":{}}', '{"theme":null}']) {
      await page.evaluate((text) => localStorage.setItem('smart-chat-page:preferences', text), stored);
      await page.reload();
      await page.getByLabel('Username').waitFor();
      expect(await backgroundOf(page)).toBe(DARK);
    }
    expect(problems).toEqual([]);
  });

  test('a page without storage keeps the settings until it is closed, and says so', async () => {
    const { page } = await visitSignedUp(shared.browser, server);
    await page.evaluate(`Storage.prototype.setItem = () => { throw new Error('full'); }`);
    await openSettings(page);
    await page.getByLabel('Dark').check();
    expect(await backgroundOf(page)).toBe(DARK);
    await page.getByText('does not let this page store settings').waitFor({ state: 'attached' });
  });
});

describeInBrowser('the keyboard shortcuts of the chat page', (shared) => {
  const server = usePageServer();

  test('each works, and a question mark lists them', async () => {
    const { page, problems } = await visit(shared.browser, server.url);
    const { keyboard } = page;
    await signUpOn(page);
    await startChatOn(page, 'A chat');
    const composer = page.locator('textarea:focus');
    await composer.waitFor();
    await keyboard.press('Control+k');
    await page.locator('input[type=search]:focus').waitFor();
    await keyboard.type('?');
    expect(await page.locator('input[type=search]').inputValue()).toBe('?');
    await keyboard.press('Escape');
    await page.locator('.session-link').focus();
    await keyboard.press('Escape');
    await composer.waitFor();
    await keyboard.press('Control+,');
    await page.getByRole('dialog', { name: 'Settings' }).waitFor();
    await keyboard.press('Control+k');
    await keyboard.press('Escape');
    await composer.waitFor();
    await keyboard.press('Control+/');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await keyboard.press('Escape');
    await page.locator('.session-link').focus();
    await keyboard.press('?');
    const list = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    const listed = await list.locator('dl > div').allTextContents();
    expect(listed).toEqual([
      'New chatCtrlShiftO',
      'Search chatsCtrlK',
      'SettingsCtrl,',
      'Keyboard shortcutsCtrl/',
      'Keyboard shortcuts?',
      'Write a messageEsc',
      'SendEnter',
      'New lineShiftEnter',
      'Next or previous chat↓ ↑',
      'RenameF2',
      'DeleteDelete',
    ]);
    await keyboard.press('Escape');
    await page.locator('.session-link:focus').waitFor();
    const before = page.url();
    await keyboard.press('Control+Shift+O');
    await page.waitForURL(({ href }) => href !== before);
    await composer.waitFor();
    expect(problems).toEqual([]);
  });

  test('none applies while the user types or a dialog is open, and they can be turned off', async () => {
    const { page } = await visit(shared.browser, server.url);
    const { keyboard } = page;
    await signUpOn(page);
    await startChatOn(page, 'A chat');
    await page.locator('textarea:focus').waitFor();
    await keyboard.type('really?');
    expect(await page.locator('textarea').inputValue()).toBe('really?');
    expect(await page.getByRole('dialog').count()).toBe(0);
    await openSettings(page);
    await keyboard.press('?');
    expect(await page.getByRole('dialog').count()).toBe(1);
    await page.getByRole('group', { name: 'Keyboard shortcuts' }).getByLabel('Off').check();
    await keyboard.press('Escape');
    await page.locator('.session-link').focus();
    await keyboard.press('?');
    await keyboard.press('Control+,');
    await keyboard.press('F2');
    await page.getByRole('dialog', { name: 'Rename chat' }).waitFor();
  });

  test('the search opens from a chat on a narrow page', async () => {
    const viewport = { width: 390, height: 800 };
    const { page } = await visitWithChats(shared.browser, server, ['A chat'], { viewport });
    await page.keyboard.press('Control+k');
    await page.locator('input[type=search]:focus').waitFor();
  });
});

async function openSettings(page: Page): Promise<void> {
  await chooseInAccount(page, 'Settings');
  await page.getByRole('dialog', { name: 'Settings' }).waitFor();
}

function backgroundOf(page: Page): Promise<string> {
  return page.evaluate('getComputedStyle(document.body).backgroundColor');
}

/** The colors that a browser may give its own bar. */
function themeColors(page: Page): Promise<string[]> {
  return page.evaluate(
    `[...document.querySelectorAll('meta[name=theme-color]')].filter(({ media }) => matchMedia(media).matches).map(({ content }) => content)`,
  );
}
