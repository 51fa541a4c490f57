import { describeInBrowser } from '../support/browser';
import { visit } from './chatPage';
import { usePageServer } from './pageServer';

const isFocused = (element: Element) => element === element.ownerDocument.activeElement;

/** The languages of the panels that are shown. */
const languagesOfVisible = (panels: Element[]) => [
  ...new Set(
    panels.filter((panel) => !panel.hasAttribute('hidden')).map((panel) => panel.getAttribute('aria-label')),
  ),
];

describeInBrowser('the API reference in a browser', (shared) => {
  const server = usePageServer();

  test('its search needs no network, and shows the entries with all words', async () => {
    const { page, context, problems } = await visit(shared.browser, `${server.url}/docs`);
    const field = page.getByLabel('Search the reference');
    const entries = page.locator('.entry:visible');
    const all = await entries.count();
    await context.setOffline(true);
    await field.fill('  SIGN-UP   signup');
    await field.fill('Sign /api/auth/signup 201');
    await page
      .locator('.find [role=status]')
      .getByText(/^\d+ entr(y|ies)$/)
      .waitFor();
    const found = await entries.count();
    expect(found).toBeGreaterThan(0);
    expect(found).toBeLessThan(all);
    await page.locator('#signUp').waitFor();
    expect(await page.locator('.contents li:visible').count()).toBe(found);
    expect(await page.locator('.contents .title:visible').count()).toBe(
      await page.locator('.group:visible').count(),
    );
    expect(await page.locator('.group:visible').count()).toBeLessThanOrEqual(found);
    // A link to an entry that is not found shows it, and all others.
    await page.evaluate("location.hash = '#error-NOT_FOUND'");
    await page.locator('#error-NOT_FOUND').waitFor();
    await field.fill('<script> nowhere');
    await page.getByText('Nothing found.').waitFor();
    expect(await entries.count()).toBe(0);
    await field.press('Escape');
    expect(await entries.count()).toBe(all);
    expect(await field.inputValue()).toBe('');
    expect(problems).toEqual([]);
  });

  test('each block of code has a button that copies it', async () => {
    const permissions = ['clipboard-read', 'clipboard-write'];
    const { page, problems } = await visit(shared.browser, `${server.url}/docs`, { permissions });
    const blocks = page.locator('figure.code');
    expect(await page.locator('figure.code > button.copy').count()).toBe(await blocks.count());
    const visible = page.locator('figure.code:visible');
    expect(await page.getByRole('button', { name: /^Copy / }).count()).toBe(await visible.count());
    const block = page.locator('#signUp figure.code:visible').first();
    await block.getByRole('button', { name: /^Copy / }).click();
    await block.getByText('Copied', { exact: true }).waitFor();
    const copied = await page.evaluate('navigator.clipboard.readText()');
    expect(copied).toBe(await block.locator('code').textContent());
    expect(copied).toContain(server.url);
    expect(problems).toEqual([]);
  });

  test('a language is chosen for all examples, with the keyboard too, and remembered', async () => {
    const { page, problems } = await visit(shared.browser, `${server.url}/docs`);
    const entry = page.locator('#createSession');
    const shown = () => page.getByRole('tabpanel').evaluateAll(languagesOfVisible);
    await entry.getByText('curl -X POST').waitFor();
    expect(await shown()).toEqual(['curl']);
    await entry.getByRole('tab', { name: 'JavaScript' }).click();
    await entry.getByText('await fetch(').waitFor();
    expect(await shown()).toEqual(['JavaScript']);
    await page.keyboard.press('ArrowRight');
    await entry.getByText('urlopen(request)').waitFor();
    expect(await entry.getByRole('tab', { name: 'Python', selected: true }).evaluate(isFocused)).toBe(true);
    await page.reload();
    await entry.getByText('urlopen(request)').waitFor();
    expect(await shown()).toEqual(['Python']);
    await entry.getByRole('tab', { name: 'Python' }).press('ArrowRight');
    await entry.getByText('curl -X POST').waitFor();
    await entry.getByRole('tab', { name: 'curl' }).press('End');
    await entry.getByText('urlopen(request)').waitFor();
    expect(problems).toEqual([]);
  });

  test('it leads to the chat, and is complete without script', async () => {
    const { page } = await visit(shared.browser, `${server.url}/docs`, { javaScriptEnabled: false });
    expect(await page.getByRole('searchbox').count()).toBe(0);
    expect(await page.getByRole('button').count()).toBe(0);
    expect(await page.locator('.entry:visible').count()).toBeGreaterThan(30);
    const entry = page.locator('#createSession');
    expect(await entry.locator('.tabs pre:visible').count()).toBe(1);
    for (const language of ['JavaScript', 'Python']) await entry.getByText(language, { exact: true }).click();
    expect(await entry.locator('.tabs pre:visible').count()).toBe(3);
    await page.getByRole('link', { name: 'Open the chat' }).click();
    expect(page.url()).toBe(`${server.url}/`);
  });
});
