import type { Page } from 'playwright-core';
import { describeInBrowser } from '../support/browser';
import { isLongRun } from '../support/longRun';
import { usePageServer } from './pageServer';
import { visitSignedUp } from './signedIn';

/** What a key may take longer than in a bare textarea: a few frames, as other work runs on the machine too. */
const TOLERANCE_MS = 60;
const KEYS = 3;
/** A bare textarea takes 5 s for a megabyte. */
const PASTED = isLongRun ? 1_000_000 : 200_000;
const BARE =
  '<textarea dir="auto" style="font: 15px / 1.5 sans-serif; width: 45rem; height: 12rem" aria-label="Message">';

// Already a bare textarea takes seconds per key with half a megabyte of other scripts or emoji.
const TEXTS = [
  ['half a megabyte of words', 'word ', 524_288],
  ['the longest sendable text', 'x', 16_384],
] as const;
const MORE_TEXTS = [
  ['256 KB of lines', 'a line of a log file, with some words in it\n', 262_144],
  ['32 KB of emoji', '👨‍👩‍👧‍👦 ', 32_768],
] as const;

describeInBrowser('long texts on the chat page', (shared) => {
  const server = usePageServer();

  test.each(isLongRun ? [...TEXTS, ...MORE_TEXTS] : TEXTS)(
    'typing after %s is as fast as in a bare textarea',
    async (_kind, part, length) => {
      const { page, context, problems } = await visitSignedUp(shared.browser, server);
      const bare = await context.newPage();
      await bare.setContent(BARE);
      const text = part.repeat(length / part.length);
      const own = await timePerKey(page, text);
      expect(own).toBeLessThan((await timePerKey(bare, text)) * 1.5 + TOLERANCE_MS);
      expect(problems).toEqual([]);
    },
    60_000,
  );

  test(`pasting ${PASTED / 1_000} KB costs no more than in a bare textarea, and says that it is too long`, async () => {
    const permissions = ['clipboard-read', 'clipboard-write'];
    const { page, context, problems } = await visitSignedUp(shared.browser, server, { permissions });
    const input = page.getByLabel('Message', { exact: true });
    const bare = await context.newPage();
    await bare.setContent(BARE);
    const text = 'word '.repeat(PASTED / 5);
    await page.evaluate((copied) => navigator.clipboard.writeText(copied), text);
    const own = await timeToPaste(page);
    expect((await input.inputValue()).length).toBe(text.length);
    await page.getByText('Too long by about').waitFor();
    const other = await timeToPaste(bare);
    expect((await bare.getByLabel('Message', { exact: true }).inputValue()).length).toBe(text.length);
    expect(own).toBeLessThan(other * 1.5 + TOLERANCE_MS);
    expect(problems).toEqual([]);
  }, 120_000);
});

/** Pastes into the message field. Returns the time until the next frame. */
async function timeToPaste(page: Page): Promise<number> {
  await page.bringToFront();
  await page.getByLabel('Message', { exact: true }).focus();
  const start = performance.now();
  await page.keyboard.press('Control+v');
  await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))');
  return performance.now() - start;
}

/** Fills the message field and types. Returns the shortest time from a key press to the next frame. */
async function timePerKey(page: Page, text: string): Promise<number> {
  await page.bringToFront();
  // Chromium needs minutes to paste that many lines, but types into them at normal speed.
  await page.getByLabel('Message', { exact: true }).evaluate(replaceText, text);
  const times: number[] = [];
  for (let count = 0; count < KEYS; count++) {
    const start = performance.now();
    await page.keyboard.press('x');
    await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))');
    times.push(performance.now() - start);
  }
  return Math.min(...times);
}

/** Runs on the page. Replaces the text of the input as a script would, and focuses the end. */
function replaceText(input: HTMLElement | SVGElement, text: string): void {
  if (!(input instanceof HTMLTextAreaElement)) throw new Error('This is no textarea.');
  input.focus();
  input.value = text;
  input.setSelectionRange(text.length, text.length);
  input.dispatchEvent(new Event('input', { bubbles: true }));
}
