import { describeInBrowser } from '../support/browser';
import { answered, chooseInAccount, holdRequests, listed, say } from './chatPage';
import { usePageServer } from './pageServer';
import { visitSignedUp, visitWithChats } from './signedIn';

describeInBrowser('the dialogs of the chat page', (shared) => {
  const server = usePageServer();

  test('a dialog that opens at the moment another one closes stays open', async () => {
    const { page } = await visitWithChats(shared.browser, server, ['asked about']);
    await page.locator('.session-link').focus();
    await page.keyboard.press('F2');
    await page.locator('dialog input:focus').waitFor();
    await page.evaluate(`(${pressDeleteOnceClosed})()`);
    await page.keyboard.press('Enter');
    await page.locator('dialog button:focus', { hasText: 'Cancel' }).waitFor();
    await page.keyboard.press('Enter');
    await page.locator('dialog').waitFor({ state: 'detached' });
  });

  test('a dialog stays open when the request of an earlier one completes', async () => {
    const { page } = await visitWithChats(shared.browser, server, ['slowly renamed']);
    const letGo = await holdRequests(page, /\/api\/sessions\//);
    await page.locator('.session-link').focus();
    await page.keyboard.press('F2');
    await page.locator('dialog input:focus').waitFor();
    await page.keyboard.type('renamed');
    await page.keyboard.press('Enter');
    await page.locator('dialog [aria-disabled=true]').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('.session-link:focus').waitFor();
    await page.keyboard.press('Delete');
    await page.locator('dialog button:focus', { hasText: 'Cancel' }).waitFor();
    letGo();
    await page.locator('.session-link', { hasText: 'renamed' }).waitFor();
    expect(await page.locator('dialog button:focus', { hasText: 'Cancel' }).count()).toBe(1);
  });

  test('a press on the scrollbar keeps the dialog open, and one outside closes it', async () => {
    const { page, problems } = await visitSignedUp(shared.browser, server);
    await chooseInAccount(page, 'Change password');
    await page.getByLabel('Current password').fill('typed');
    const { x, y } = (await page.locator('dialog').boundingBox()) ?? { x: 0, y: 0 };
    // Clicks on the scrollbar and on the backdrop both have the dialog as their target.
    for (const press of ['pointerdown', 'mousedown']) {
      await page.evaluate(`document.querySelector('dialog').dispatchEvent(
        new PointerEvent('${press}', { detail: 1, clientX: ${x + 1}, clientY: ${y + 20} }))`);
    }
    expect(await page.getByLabel('Current password').inputValue()).toBe('typed');
    await page.mouse.click(x - 8, y + 20);
    await page.locator('dialog').waitFor({ state: 'detached' });
    expect(problems).toEqual([]);
  });

  test('a double click has the effect of one click', async () => {
    const { page } = await visitSignedUp(shared.browser, server);
    await page.getByRole('button', { name: 'New chat' }).first().dblclick();
    await page.getByText('Say something').waitFor();
    await say(page, 'Only one');
    await answered(page, 'Only one');
    expect(await page.locator('.session').count()).toBe(1);
    await listed(page, 'Only one').hover();
    await page.getByRole('button', { name: 'Actions for Only one' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).dblclick();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('Start your first chat').waitFor();
  });

  test('the whole account menu is reachable in a low window', async () => {
    const { page } = await visitSignedUp(shared.browser, server);
    await page.setViewportSize({ width: 600, height: 300 });
    await page.getByRole('link', { name: 'Back to all chats' }).click();
    await page.getByRole('button', { name: /^Account of / }).click();
    const entries = page.getByRole('menuitem');
    for (const entry of await entries.all()) {
      await entry.scrollIntoViewIfNeeded();
      const { y, height } = (await entry.boundingBox()) ?? { y: -1, height: 0 };
      expect(y).toBeGreaterThanOrEqual(0);
      expect(y + height).toBeLessThanOrEqual(300);
    }
    expect(await entries.count()).toBeGreaterThan(4);
  });
});

/** Runs on the page. Presses Delete before the close event of the closing dialog. */
function pressDeleteOnceClosed(): void {
  const observer = new MutationObserver(() => {
    if (document.querySelector('dialog')) return;
    observer.disconnect();
    const pressed = new KeyboardEvent('keydown', { key: 'Delete', bubbles: true });
    document.querySelector('.session-link')?.dispatchEvent(pressed);
  });
  observer.observe(document.body, { childList: true, subtree: true });
}
