import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { uniqueName } from '../../testkit/builders';
import { PASSWORD } from '../support/client';

/** What a browser itself says on its console when a server can't be reached. */
export const NETWORK_LOST = /net::ERR_|WebSocket (connection to|is closed)/;
/** What it says when a server refuses something, as it has to do in some tests. */
export const REFUSED = /the server responded with a status of 4\d\d/;

/** Shorter than that of a test, so that its failure names what never came. */
const PATIENCE_MS = 8_000;

export interface Visit {
  context: BrowserContext;
  page: Page;
  /** All that went wrong in it and is not meant to: errors on the console, exceptions, violations of the policy. */
  problems: string[];
}

const visitors = new Set<BrowserContext>();

// Pages that are left open go on drawing.
afterEach(async () => {
  await Promise.all([...visitors].map((visitor) => visitor.close()));
  visitors.clear();
});

/** Opens the page as a visitor of its own, or, with a context, in another tab of the same browser. */
export async function visit(
  browser: Browser,
  url: string,
  {
    expected,
    context,
    ...options
  }: BrowserContextOptions & { expected?: RegExp; context?: BrowserContext } = {},
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
  await page.goto(url);
  return { context: own, page, problems };
}

/** Makes an account on the page; returns its name. */
export async function signUpOn(page: Page): Promise<string> {
  const username = uniqueName('page');
  await page.getByLabel('Username').fill(username);
  await page.getByLabel('Email').fill(`${username}@example.com`);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByText('Start your first chat').waitFor();
  return username;
}

/** Logs in on the page that asks for it. */
export async function logInOn(page: Page, username: string, password = PASSWORD): Promise<void> {
  await page.getByRole('tab', { name: 'Log in' }).click();
  await page.getByLabel('Email').fill(`${username}@example.com`);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.keyboard.press('Enter');
}

/** Starts a chat and says the first words in it, which become its name. */
export async function startChatOn(page: Page, words: string): Promise<void> {
  const before = page.url();
  await page.getByRole('button', { name: 'New chat' }).first().click();
  await page.waitForURL(({ href }) => href !== before);
  await page.getByText('Say something').waitFor();
  await say(page, words);
  await page.getByRole('heading', { name: words }).waitFor();
  await answered(page, words);
}

export async function say(page: Page, words: string): Promise<void> {
  await page.getByLabel('Message', { exact: true }).fill(words);
  await page.getByRole('button', { name: 'Send' }).click();
}

/** Keeps the page's requests to such addresses from leaving; returns what lets them go. */
export async function holdRequests(page: Page, address: RegExp): Promise<() => void> {
  let letGo = () => {};
  const released = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  await page.route(address, (route) => released.then(() => route.continue()));
  return letGo;
}

/** The bubble of the user with these words. */
export function said(page: Page, words: string): Locator {
  return page.locator('.bubble-own').filter({ hasText: words });
}

/** Waits until the user's message with these words has its answer. */
export async function answered(page: Page, words: string): Promise<void> {
  await said(page, words).getByText('answered').waitFor({ state: 'attached' });
}

/** All that the conversation shows, from top to bottom. */
export function shownOn(page: Page): Promise<string[]> {
  return page.locator('.bubble-text').allTextContents();
}

/** What each of these words looks like when they are all there once, with their echoes. */
export function exchanges(...words: string[]): string[] {
  return words.flatMap((each) => [each, each]);
}

/** The entry of a chat in the list. */
export function listed(page: Page, name: string): Locator {
  return page.getByRole('navigation').getByRole('link', { name });
}

/** Chooses an entry of the account's menu. */
export async function chooseInAccount(page: Page, entry: string): Promise<void> {
  await page.getByRole('button', { name: /^Account of / }).click();
  await page.getByRole('menuitem', { name: entry, exact: true }).click();
}

/** The login that the page keeps, and the session that it shows. */
export async function loginOf(page: Page): Promise<{ token: string; sessionId: string }> {
  const stored = await page.evaluate<string>('Object.values(localStorage).join(" ")');
  const token = /"token":"([^"]+)"/.exec(stored)?.[1] ?? '';
  const sessionId = page.url().split('/').at(-1) ?? '';
  return { token, sessionId };
}
