/** Takes the screenshots in docs/screenshots of the chat page as it is built in dist/web. */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { TcpProxy } from '../../testkit/tcpProxy';
import { launchBrowser } from './browser';
import { PAUSE, TODAY, UNSENT } from './conversations';
import { ACCOUNT, NOW, startDemoServer } from './demoServer';

const DIRECTORY = resolve(__dirname, '../../docs/screenshots');
const DESKTOP = { viewport: { width: 1200, height: 800 } };
const PHONE = {
  viewport: { width: 390, height: 780 },
  deviceScaleFactor: 1.5,
  hasTouch: true,
  isMobile: true,
};

async function main(): Promise<void> {
  mkdirSync(DIRECTORY, { recursive: true });
  const server = await startDemoServer();
  const proxy = await TcpProxy.to(server.url);
  const url = `http://${proxy.host}`;
  const browser = await launchBrowser();
  try {
    await takeAll(browser, url, proxy, server.finishReply);
  } finally {
    await browser.close();
    proxy.refuse();
    await server.close();
  }
}

async function takeAll(
  browser: Browser,
  url: string,
  proxy: TcpProxy,
  finishReply: () => void,
): Promise<void> {
  const welcome = await open(browser, url, { ...DESKTOP, colorScheme: 'light' });
  await take(welcome, 'first-visit');

  const desktop = await logIn(browser, url, { ...DESKTOP, colorScheme: 'light' });
  await openPorto(desktop);
  for (const [message, reply] of TODAY) {
    const shown = reply.includes(PAUSE) ? PAUSE : reply.replaceAll('*', '');
    await desktop.getByLabel('Message', { exact: true }).fill(message);
    await desktop.keyboard.press('Enter');
    await desktop.getByText(shown).last().waitFor();
  }
  await take(desktop, 'conversation');
  finishReply();
  await desktop.getByRole('button', { name: 'Regenerate the answer' }).waitFor();

  const dark = await logIn(browser, url, { ...DESKTOP, colorScheme: 'dark' });
  await openPorto(dark);
  await take(dark, 'conversation-dark');

  const list = await logIn(browser, url, { ...PHONE, colorScheme: 'light' });
  await list.getByRole('link', { name: 'Reading list' }).waitFor();
  await take(list, 'phone-list');
  await openPorto(list);
  await take(list, 'phone-conversation');

  proxy.refuse();
  await desktop.getByText('Reconnecting…').waitFor();
  await desktop.getByLabel('Message', { exact: true }).fill(UNSENT);
  await desktop.keyboard.press('Enter');
  await desktop.getByText('not sent yet').waitFor();
  await take(desktop, 'reconnecting');
  await proxy.accept();
}

async function open(browser: Browser, url: string, options: BrowserContextOptions): Promise<Page> {
  const context = await browser.newContext({
    ...options,
    reducedMotion: 'reduce',
    locale: 'en-GB',
    timezoneId: 'Europe/Lisbon',
  });
  const page = await context.newPage();
  await page.clock.setFixedTime(NOW);
  await page.goto(url);
  await page.getByRole('tab', { name: 'Sign up' }).waitFor();
  return page;
}

async function logIn(browser: Browser, url: string, options: BrowserContextOptions): Promise<Page> {
  const page = await open(browser, url, options);
  await page.getByRole('tab', { name: 'Log in' }).click();
  await page.getByLabel('Email or username').fill(ACCOUNT.email);
  await page.getByLabel('Password', { exact: true }).fill(ACCOUNT.password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByText('Weekend in Porto').first().waitFor();
  return page;
}

async function openPorto(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Weekend in Porto' }).click();
  await page.getByText('Is the tram worth it?').first().waitFor();
}

async function take(page: Page, name: string): Promise<void> {
  await page.mouse.move(0, 0);
  await page.screenshot({ path: join(DIRECTORY, `${name}.png`) });
}

void main();
