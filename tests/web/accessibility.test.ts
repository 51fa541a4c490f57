import axe from 'axe-core';
import type { Locator, Page } from 'playwright-core';
import { scriptedResponder } from '../responders/scriptedResponder';
import { describeInBrowser } from '../support/browser';
import { api } from '../support/client';
import { isLongRun } from '../support/longRun';
import {
  answered,
  chooseInAccount,
  listed,
  loginOf,
  NETWORK_LOST,
  REFUSED,
  said,
  say,
  signUpOn,
  startChatOn,
  visit,
} from './chatPage';
import { startPageServer, usePageServer } from './pageServer';
import { visitSignedUp, visitWithChats } from './signedIn';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** A desktop, a phone, and a desktop at a zoom of 400 %, which is as narrow as the smallest screen. */
const DESKTOP = { width: 1280, height: 1024 };
const PHONE = { width: 390, height: 844 };
const ZOOMED = { width: 320, height: 256 };
const [LIGHT, DARK] = [{ colorScheme: 'light' }, { colorScheme: 'dark' }] as const;
/** Each size in both color schemes. A short run checks a state in one of them, and the next state in the next one. */
const VIEWS = [
  { ...DESKTOP, ...LIGHT },
  { ...ZOOMED, ...DARK },
  { ...PHONE, ...LIGHT },
  { ...DESKTOP, ...DARK },
  { ...ZOOMED, ...LIGHT },
  { ...PHONE, ...DARK },
] as const;
type View = (typeof VIEWS)[number];
let states = 0;

function nextViews(): readonly View[] {
  const view = VIEWS[states++ % VIEWS.length] ?? VIEWS[0];
  return isLongRun ? VIEWS : [view];
}

/** Each element that a reply may have, and code and a table that are wider than a phone. */
const MARKDOWN = `# Title

Text with **bold**, *em*, ~~del~~, \`code\`, a [link](https://example.com) and [https://other.example](https://example.com).

## Lists

1. one
   - two
2. three

- [x] done
- [ ] open

> A quote

| A wide table | with | many | columns | and words | in each of them |
| --- | :---: | ---: | --- | --- | --- |
| 1 | 2 | 3 | 4 | 5 | 6 |

\`\`\`python
def total(prices: list[float]) -> str:  # a comment that is longer than a narrow screen is wide
    return f"{sum(prices)}"
\`\`\`

---
`;

describeInBrowser('the accessibility of the pages', (shared) => {
  const server = usePageServer();

  test('all forms are accessible, with and without errors', async () => {
    const { page, problems } = await visit(shared.browser, server.url, { expected: REFUSED });
    const found = [await faultsOf(page, 'sign-up')];
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByText('Choose a username.').waitFor();
    found.push(await faultsOf(page, 'sign-up with errors'));
    await page.getByRole('tab', { name: 'Log in' }).click();
    found.push(await faultsOf(page, 'login'));
    expect(found.flat()).toEqual([]);
    expect(problems).toEqual([]);
  }, 60_000);

  test('all states of the chat are accessible', async () => {
    const { page, context, problems } = await visitSignedUp(shared.browser, server, {
      expected: NETWORK_LOST,
    });
    const found = [await faultsOf(page, 'a new chat')];
    await page.evaluate("location.hash = '#/'");
    await page.getByText('Start your first chat').waitFor();
    found.push(await faultsOf(page, 'no chat is open'));
    await startChatOn(page, 'A chat');
    await say(page, 'with a NUL: \0');
    await said(page, 'with a NUL').getByText('not sent').waitFor();
    found.push(await faultsOf(page, 'messages'));
    await page.getByRole('button', { name: 'Chat actions' }).click();
    found.push(await faultsOf(page, 'the menu of a chat'));
    await page.getByRole('menuitem', { name: 'Jump to a date' }).click();
    await page.getByRole('dialog').waitFor();
    found.push(await faultsOf(page, 'the dialog to jump to a date'));
    await page.getByRole('button', { name: 'Jump', exact: true }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    found.push(await faultsOf(page, 'the messages of a date'));
    await page.getByRole('button', { name: 'Chat actions' }).click();
    await page.getByRole('menuitem', { name: 'Pin' }).click();
    await page.getByRole('heading', { name: 'Pinned', exact: true }).waitFor();
    await context.setOffline(true);
    await page.getByText('Reconnecting…').waitFor();
    await page.getByLabel('Message', { exact: true }).fill('unsent');
    await page.keyboard.press('Enter');
    await said(page, 'unsent').getByText('not sent yet').waitFor();
    found.push(await faultsOf(page, 'offline'));
    await context.setOffline(false);
    await answered(page, 'unsent');
    const open = await loginOf(page);
    await page.evaluate("location.hash = '#/'");
    await page.getByText('Pick up where you left off').waitFor();
    const { token, sessionId } = open;
    await api(server, token).post(`/api/sessions/${sessionId}/messages`, { content: 'more' }).expect(201);
    await page.locator('.unread-mark').waitFor();
    found.push(await faultsOf(page, 'the list, with an unread and pinned chat'));
    await listed(page, 'A chat').hover();
    await page.getByRole('button', { name: 'Actions for A chat' }).press('Enter');
    expect(await faultsAt(page, 'the menu of a row')).toEqual([]);
    await page.getByRole('menuitem', { name: 'Archive' }).click();
    await page.getByRole('button', { name: 'Archived chats' }).click();
    await listed(page, 'A chat').waitFor();
    found.push(await faultsOf(page, 'the archive'));
    await page.getByRole('button', { name: 'Back to your chats' }).click();
    await api(server, token).patch(`/api/sessions/${sessionId}`, { archived: false }).expect(200);
    await listed(page, 'A chat').waitFor();
    await page.getByLabel('Search chats by name').fill('missing');
    await page.getByText('No chat’s name contains').waitFor();
    found.push(await faultsOf(page, 'a search without results'));
    expect(found.flat()).toEqual([]);
    expect(problems).toEqual([]);
  }, 60_000);

  test('replies are accessible: with Markdown, while they are made, stopped and failed', async () => {
    const { responder, request } = scriptedResponder();
    const { url } = await startPageServer([], responder);
    const { page, problems } = await visitSignedUp(shared.browser, { url });
    await say(page, 'Everything, see https://example.com:\n```js\nconst a = 1;\n```');
    const complete = await request(0);
    complete.send({ thinking: true });
    await page.getByText('Thinking…').waitFor();
    const found = [await faultsOf(page, 'thinking')];
    complete.send(MARKDOWN);
    await page.locator('.draft table').waitFor();
    found.push(await faultsOf(page, 'streaming'));
    complete.finish();
    await page.getByRole('button', { name: 'Copy as Markdown' }).waitFor();
    found.push(await faultsOf(page, 'Markdown'));
    await page.locator('.messages').evaluate((list) => list.scrollTo(0, 0));
    await page.getByRole('button', { name: 'To the end' }).waitFor();
    found.push(await faultsOf(page, 'away from the end'));
    await say(page, 'Stopped');
    (await request(1)).send('So far');
    await page.locator('.draft').getByText('So far').waitFor();
    await page.getByRole('button', { name: 'Stop the reply' }).click();
    await page.getByText('Stopped.', { exact: true }).waitFor();
    await say(page, 'Failed');
    const failing = await request(2);
    failing.send('So far');
    failing.fail();
    await page.locator('.bubble-failure').waitFor();
    found.push(await faultsOf(page, 'stopped and failed'));
    expect(found.flat()).toEqual([]);
    expect(problems).toEqual([]);
  }, 120_000);

  test('other replies and edited messages are accessible: made, failed, chosen and edited', async () => {
    const { responder, request } = scriptedResponder();
    const { url } = await startPageServer([], responder);
    const { page, problems } = await visitSignedUp(shared.browser, { url });
    await say(page, 'A question');
    const first = await request(0);
    first.send('The first answer');
    first.finish();
    await page.getByRole('button', { name: 'Regenerate the answer' }).click();
    const second = await request(1);
    second.send('The second one');
    await page.locator('.draft').getByText('The second one').waitFor();
    const found = [await faultsOf(page, 'regenerating')];
    second.fail();
    await page.locator('.bubble-failure').waitFor();
    found.push(await faultsOf(page, 'regenerating failed'));
    await page.getByRole('button', { name: 'Try again' }).click();
    const third = await request(2);
    third.send('The third one');
    third.finish();
    await page.getByText('answer 2 of 2').waitFor({ state: 'attached' });
    found.push(await faultsOf(page, 'two answers'));
    await page.getByRole('button', { name: 'Edit message' }).click();
    found.push(await faultsOf(page, 'editing'));
    await page.getByLabel('Edited message').fill('An edited question');
    await page.getByRole('button', { name: 'Save' }).click();
    const fourth = await request(3);
    fourth.send('Another answer');
    fourth.finish();
    await page.getByRole('button', { name: 'Previous version' }).click();
    await page.getByText('This is an earlier version.').waitFor();
    found.push(await faultsOf(page, 'an earlier version'));
    expect(found.flat()).toEqual([]);
    expect(problems).toEqual([]);
  }, 120_000);

  test('the account menu and all dialogs are accessible', async () => {
    const { page, problems } = await visitWithChats(shared.browser, server, ['A chat']);
    await page.getByRole('button', { name: 'Account of' }).click();
    await page.evaluate("location.hash = '#/'");
    const found = [await faultsOf(page, 'the account menu')];
    await page.keyboard.press('Escape');
    for (const entry of [
      'Name and email',
      'Change password',
      'Devices',
      'Settings',
      'Log out everywhere',
      'Delete account',
    ]) {
      await chooseInAccount(page, entry);
      await page.getByRole('dialog').waitFor();
      if (entry === 'Devices') await page.getByText('This device').waitFor();
      if (entry === 'Change password') await page.getByRole('dialog').locator('[type=submit]').click();
      found.push(await faultsOf(page, entry));
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
    for (const key of ['F2', 'Delete', '?']) {
      await page.locator('.session-link').focus();
      await page.keyboard.press(key);
      found.push(await faultsOf(page, `the dialog after ${key}`));
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
    expect(found.flat()).toEqual([]);
    expect(problems).toEqual([]);
  }, 60_000);

  test('with forced colors, the chosen chat, the chosen tab and the focus are visible', async () => {
    const { page, problems } = await visit(shared.browser, server.url, { forcedColors: 'active' });
    const tabs = page.getByRole('tab');
    expect(await looksOf(tabs.first())).not.toEqual(await looksOf(tabs.last()));
    await signUpOn(page);
    for (const words of ['One chat', 'The chosen chat']) await startChatOn(page, words);
    const rows = page.locator('.session-link');
    expect(await rows.first().getAttribute('aria-current')).toBe('page');
    expect(await rows.last().getAttribute('aria-current')).toBeNull();
    expect(await looksOf(rows.first())).not.toEqual(await looksOf(rows.last()));
    const composer = page.locator('.composer-box');
    const focused = await looksOf(composer);
    await page.getByRole('button', { name: 'New chat' }).focus();
    expect(await looksOf(composer)).not.toEqual(focused);
    expect(problems).toEqual([]);
  }, 60_000);

  test('the Tab key visits a dialog in reading order, and closing it returns the focus', async () => {
    const { page } = await visitWithChats(shared.browser, server, ['A chat']);
    const account = page.getByRole('button', { name: 'Account of' });
    for (const entry of [
      'Name and email',
      'Change password',
      'Devices',
      'Log out everywhere',
      'Delete account',
    ]) {
      await chooseInAccount(page, entry);
      await page.getByRole('dialog').waitFor();
      const visited: (string | null)[] = [];
      const order = await page.evaluate(readingOrder);
      for (const _stop of order) {
        visited.push(await page.evaluate(focusedStop));
        await page.keyboard.press('Tab');
      }
      expect(visited).toEqual(order);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      expect(await account.evaluate((button) => button === document.activeElement)).toBe(true);
    }
  });

  test('the page at unknown addresses is accessible', async () => {
    const { page, problems } = await visit(shared.browser, `${server.url}/missing`, { expected: REFUSED });
    expect(await faultsOf(page, 'an unknown address')).toEqual([]);
    expect(problems).toEqual([]);
  }, 60_000);

  test('the API reference is accessible', async () => {
    const { page, problems } = await visit(shared.browser, `${server.url}/docs`);
    // Of its thousands of elements a check takes seconds. Those that a search leaves are of the same kinds.
    const found = isLongRun ? [await faultsOf(page, 'the reference')] : [];
    await page.getByLabel('Search the reference').fill('device');
    await page.getByText(/^\d+ entries$/).waitFor();
    found.push(await faultsOf(page, 'the reference with a search'));
    expect(found.flat()).toEqual([]);
    expect(problems).toEqual([]);
  }, 60_000);
});

/** How an element is drawn. Shadows are not drawn with forced colors. */
function looksOf(element: Locator): Promise<string[]> {
  return element.evaluate((node) => {
    const { backgroundColor, color, borderColor, outlineStyle, outlineWidth } = getComputedStyle(node);
    return [backgroundColor, color, borderColor, outlineStyle, outlineWidth];
  });
}

/** Runs on the page. The names of the dialog's tab stops from top to bottom and left to right. */
function readingOrder(): string[] {
  const boxes = [...document.querySelectorAll('dialog :is(input, button):not([hidden])')].map((stop) => ({
    name: stop.getAttribute('name') ?? stop.getAttribute('aria-label') ?? stop.textContent ?? '',
    box: stop.getBoundingClientRect(),
  }));
  const isAbove = (a: DOMRect, b: DOMRect) => a.bottom <= b.top;
  boxes.sort(({ box: a }, { box: b }) => (isAbove(a, b) ? -1 : isAbove(b, a) ? 1 : a.x - b.x));
  return boxes.map(({ name }) => name);
}

/** Runs on the page. The name of the focused tab stop of the dialog. */
function focusedStop(): string | null {
  const stop = document.querySelector('dialog :focus');
  return stop && (stop.getAttribute('name') ?? stop.getAttribute('aria-label') ?? stop.textContent);
}

/** What is wrong with the page in this state, in the current size: a menu that floats closes when the size changes. */
async function faultsAt(page: Page, state: string): Promise<string[]> {
  await addAxe(page);
  const found = await page.evaluate<string[]>(`(${findFaults})(axe, ${JSON.stringify(RULES)})`);
  return found.map((fault) => `${state}: ${fault}`);
}

/** What is wrong with the page in this state, on different screens. */
async function faultsOf(page: Page, state: string, views: readonly View[] = nextViews()): Promise<string[]> {
  const faults: string[] = [];
  const before = page.viewportSize();
  await addAxe(page);
  for (const { colorScheme, ...size } of views) {
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme });
    const found = await page.evaluate<string[]>(`(${findFaults})(axe, ${JSON.stringify(RULES)})`);
    faults.push(
      ...found.map((fault) => `${state}, ${size.width} × ${size.height}, ${colorScheme}: ${fault}`),
    );
  }
  if (before) await page.setViewportSize(before);
  return faults;
}

/** Adds the checks to the page, unless an earlier state has them. To load them takes as long as a check. */
async function addAxe(page: Page): Promise<void> {
  // Executed by the debugger, to which the page's policy doesn't apply.
  if (!(await page.evaluate("'axe' in window"))) await page.evaluate(axe.source);
}

/** Runs on the page. */
async function findFaults({ run }: typeof axe, rules: string[]): Promise<string[]> {
  // The page follows a new size in the next frame.
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  const { violations } = await run(document, { runOnly: rules, resultTypes: ['violations'] });
  const faults = violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  );
  const wider = document.documentElement.scrollWidth - innerWidth;
  if (wider > 0) faults.push(`${wider} pixels wider than the screen`);
  const headings = [...document.querySelectorAll('h1')].filter((each) => each.checkVisibility()).length;
  if (headings !== 1) faults.push(`${headings} main headings`);
  const moving = document
    .getAnimations()
    .filter(({ effect }) => Number(effect?.getComputedTiming().duration) > 0).length;
  if (moving > 0) faults.push(`${moving} animations despite reduced motion`);
  return faults;
}
