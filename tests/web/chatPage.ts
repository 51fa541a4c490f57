import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { uniqueName } from '../../testkit/builders';
import { PASSWORD } from '../support/client';

/** The browser's own console messages when a server can't be reached. */
export const NETWORK_LOST = /net::ERR_|WebSocket (connection to|is closed)/;
/** Its console messages when a server refuses a request, as intended in some tests. */
export const REFUSED = /the server responded with a status of 4\d\d/;

/** Shorter than the timeout of a test, so that a failure names the missing element. */
const PATIENCE_MS = 20_000;

export interface VisitOptions extends BrowserContextOptions {
  /** Problems that the test causes. */
  expected?: RegExp;
  /** Opens another tab of this one. */
  context?: BrowserContext;
  /** What the page finds in its `localStorage`. */
  stored?: ReadonlyMap<string, string>;
}

export interface Visit {
  context: BrowserContext;
  page: Page;
  /** Unexpected errors on the console, exceptions and violations of the content security policy. */
  problems: string[];
}

const visitors = new Set<BrowserContext>();

// Open pages would keep using the CPU.
afterEach(async () => {
  await Promise.all([...visitors].map((visitor) => visitor.close()));
  visitors.clear();
});

/** Opens the page in a new browser context, or in another tab of the given one. */
export async function visit(
  browser: Browser,
  url: string,
  { expected, context, stored, ...options }: VisitOptions = {},
): Promise<Visit> {
  const own = context ?? (await browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce', ...options }));
  visitors.add(own);
  const page = await own.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const problems: string[] = [];
  const note = (problem: string) => {
    if (!expected?.test(problem)) problems.push(problem);
  };
  page.on('pageerror', (error) => note(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') note(message.text());
  });
  await page.exposeFunction('noteViolation', (directive: string) => note(`the policy forbids: ${directive}`));
  await page.addInitScript(
    "addEventListener('securitypolicyviolation', (event) => noteViolation(event.violatedDirective + ' ' + event.blockedURI));",
  );
  if (stored) await page.addInitScript(storeOnce, { origin: new URL(url).origin, entries: [...stored] });
  await page.goto(url);
  return { context: own, page, problems };
}

/** Runs on the page, before its own scripts. Not again when it is reloaded, as it may have changed what is stored. */
function storeOnce({ origin, entries }: { origin: string; entries: [string, string][] }): void {
  if (location.origin !== origin || sessionStorage.getItem('test') !== null) return;
  sessionStorage.setItem('test', 'stored');
  for (const [key, value] of entries) localStorage.setItem(key, value);
}

/** Signs up on the page. Returns the username. */
export async function signUpOn(page: Page): Promise<string> {
  const username = uniqueName('page');
  await page.getByLabel('Username').fill(username);
  await page.getByLabel('Email').fill(`${username}@example.com`);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByText('Say something').waitFor();
  return username;
}

/** Logs in on the welcome page. */
export async function logInOn(page: Page, username: string, password = PASSWORD): Promise<void> {
  await page.getByRole('tab', { name: 'Log in' }).click();
  await page.getByLabel('Email or username').fill(`${username}@example.com`);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.keyboard.press('Enter');
}

/** Starts a chat and sends its first message, which becomes its name. */
export async function startChatOn(page: Page, words: string): Promise<void> {
  await page.getByRole('button', { name: 'New chat' }).first().click();
  await page.waitForURL(({ hash }) => hash === '#/new');
  await page.getByText('Say something').waitFor();
  await say(page, words);
  await page.getByRole('heading', { name: words }).waitFor();
  await answered(page, words);
}

export async function say(page: Page, words: string): Promise<void> {
  await page.getByLabel('Message', { exact: true }).fill(words);
  await page.getByRole('button', { name: 'Send' }).click();
}

/** Holds the page's requests to matching addresses. Returns a function that releases them. */
export async function holdRequests(page: Page, address: RegExp): Promise<() => void> {
  let letGo = () => {};
  const released = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  await page.route(address, (route) => released.then(() => route.continue()));
  return letGo;
}

/** The user's bubble with these words. */
export function said(page: Page, words: string): Locator {
  return page.locator('.bubble-own').filter({ hasText: words });
}

/** Waits for the reply to the user's message with these words. */
export async function answered(page: Page, words: string): Promise<void> {
  await said(page, words).getByText('answered').waitFor({ state: 'attached' });
}

/** The texts of the conversation from top to bottom. */
export function shownOn(page: Page): Promise<string[]> {
  return page.locator('.bubble-text').allTextContents();
}

/** Each text followed by its echo, as `shownOn` returns them. */
export function exchanges(...words: string[]): string[] {
  return words.flatMap((each) => [each, each]);
}

/** The row of a chat in the list. */
export function listed(page: Page, name: string): Locator {
  const named = page.locator('.session-name').filter({ hasText: name });
  return page.getByRole('navigation').getByRole('link').filter({ has: named });
}

/** Chooses an action of a chat in the list. */
export async function chooseInRow(page: Page, name: string, entry: string): Promise<void> {
  await listed(page, name).hover();
  await page.getByRole('button', { name: `Actions for ${name}`, exact: true }).click();
  await page.getByRole('menuitem', { name: entry, exact: true }).click();
}

/** Chooses an item of the account menu. */
export async function chooseInAccount(page: Page, entry: string): Promise<void> {
  await page.getByRole('button', { name: /^Account of / }).click();
  await page.getByRole('menuitem', { name: entry, exact: true }).click();
}

/** The stored token of the page and the session that is open. */
export async function loginOf(page: Page): Promise<{ token: string; sessionId: string }> {
  const stored = await page.evaluate<string>('Object.values(localStorage).join(" ")');
  const token = tokenIn(stored);
  const sessionId = page.url().split('/').at(-1) ?? '';
  return { token, sessionId };
}

/** The token of a stored login. */
export function tokenIn(stored: string): string {
  return /"token":"([^"]+)"/.exec(stored)?.[1] ?? '';
}
