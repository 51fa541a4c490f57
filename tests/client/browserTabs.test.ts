import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { BrowserContext, Page } from 'playwright-core';
import type { ChatClient } from '../../client/src';
import { freePort } from '../../testkit/serverProcess';
import { describeInBrowser } from '../support/browser';
import { startTestServer, type TestServer } from '../support/testServer';
import { clientModule } from './exampleBundle';
import { newAccount } from './support';

declare global {
  interface Window {
    client: ChatClient;
  }
}

const TABS = 3;

describeInBrowser('tabs of one browser', (shared) => {
  let pages: Server;
  let origin: string;
  let server: TestServer;
  /** By how much the server's clock is ahead. */
  let ahead = 0;

  beforeAll(async () => {
    const port = await freePort();
    origin = `http://127.0.0.1:${port}`;
    pages = createServer(({ url }, response) => {
      if (url === '/client.js') response.setHeader('Content-Type', 'text/javascript').end(clientModule());
      else response.setHeader('Content-Type', 'text/html').end('<!doctype html>');
    }).listen(port, '127.0.0.1');
    await once(pages, 'listening');
    server = await startTestServer({
      config: { corsOrigins: [origin] },
      parts: { clock: () => Date.now() + ahead },
    });
  });

  afterAll(() => {
    pages.close();
  });

  /** Opens a tab with a client as `window.client`. */
  async function openTab(context: BrowserContext): Promise<Page> {
    const page = await context.newPage();
    await page.goto(origin);
    await page.evaluate(
      async ([from, url]) => {
        const { createChatClient } = await import(`${from}/client.js`);
        const waits = { reconnectionDelay: 20, reconnectionDelayMax: 100 };
        window.client = createChatClient({ url, socketOptions: waits });
      },
      [origin, server.url] as const,
    );
    return page;
  }

  const userIn = (tab: Page) => tab.evaluate(() => window.client.user?.username ?? null);
  const untilUser = (tab: Page, username: string | null) =>
    tab.waitForFunction((name) => (window.client.user?.username ?? null) === name, username);
  const untilOnline = (tab: Page) => tab.waitForFunction(() => window.client.connection === 'online');

  test('share login, token refresh and logout', async () => {
    const context = await shared.browser.newContext();
    const refreshes: string[] = [];
    context.on('request', (request) => {
      if (request.method() === 'POST' && request.url().endsWith('/refresh')) refreshes.push(request.url());
    });
    const tabs: Page[] = [];
    for (let count = 0; count < TABS; count += 1) tabs.push(await openTab(context));
    const [first] = tabs;
    if (!first) throw new Error('no tab');
    const account = newAccount();
    await first.evaluate((input) => window.client.signUp(input), account);
    await Promise.all(tabs.map((tab) => untilUser(tab, account.username)));
    await Promise.all(tabs.map(untilOnline));

    ahead += 3_700_000;
    await Promise.all(tabs.map((tab) => tab.evaluate(() => window.client.sessions.list())));
    await Promise.all(tabs.map(untilOnline));
    // Usually one. A tab that reads the stored login late makes a second, harmless one.
    expect(refreshes.length).toBeLessThan(TABS);
    expect(await Promise.all(tabs.map(userIn))).toEqual(tabs.map(() => account.username));

    await first.evaluate(() => window.client.logOut());
    await Promise.all(tabs.map((tab) => untilUser(tab, null)));
    await context.close();
  });

  test.each(['before it has asked the server', 'before it has received the response'])(
    'do not wait for a tab that freezes while it renews the token, %s',
    async (moment) => {
      const context = await shared.browser.newContext();
      const [frozen, other] = [await openTab(context), await openTab(context)];
      const account = newAccount();
      await frozen.evaluate((input) => window.client.signUp(input), account);
      await untilUser(other, account.username);
      const { id } = await other.evaluate(() => window.client.sessions.create());
      ahead += 3_700_000;
      if (moment === 'before it has asked the server') {
        await frozen.evaluate((name) => {
          window.client.close();
          return new Promise<void>((locked) => {
            void navigator.locks.request(name, () => {
              locked();
              return new Promise(() => {});
            });
          });
        }, `smart-chat ${server.url}`);
      } else {
        const asked = new Promise<void>((resolve) => {
          void frozen.route('**/refresh', async (route) => {
            await route.fetch();
            resolve();
          });
        });
        await frozen.evaluate(() => void window.client.sessions.list().catch(() => {}));
        await asked;
      }
      const startedAt = performance.now();
      await other.evaluate(async (sessionId) => {
        // Needs the new token.
        await window.client.sessions.get(sessionId);
        await window.client.send(sessionId, 'not delayed');
      }, id);
      expect(performance.now() - startedAt).toBeLessThan(7_000);
      expect(await userIn(other)).toBe(account.username);
      await context.close();
    },
  );

  test('take over the unsent messages of a closed tab', async () => {
    const context = await shared.browser.newContext();
    const [closing, staying] = [await openTab(context), await openTab(context)];
    const account = newAccount();
    await closing.evaluate((input) => window.client.signUp(input), account);
    await untilUser(staying, account.username);
    const { id } = await closing.evaluate(() => window.client.sessions.create());
    await context.setOffline(true);
    await closing.evaluate((sessionId) => {
      window.client.send(sessionId, 'left behind').catch(() => {});
    }, id);
    await closing.close();
    await staying.waitForFunction(() => window.client.outbox[0]?.content === 'left behind');
    await context.setOffline(false);
    await staying.waitForFunction(() => window.client.outbox.length === 0);
    const stored = await staying.evaluate((sessionId) => window.client.history(sessionId), id);
    expect(stored.messages.map(({ content }) => content)).toEqual(['left behind', 'left behind']);
    await context.close();
  });
});
