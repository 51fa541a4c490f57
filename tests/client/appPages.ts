import { once } from 'node:events';
import { createServer } from 'node:http';
import { resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { freePort } from '../../testkit/serverProcess';
import type { SharedBrowser } from '../support/browser';
import { bundlePage } from './exampleBundle';

export interface OpenedPage {
  page: Page;
  /** Errors of the page and of its console. */
  problems: string[];
  /** The REST requests, such as `GET /api/sessions`, without their queries. */
  requests: string[];
  /** The names of the events that the page has sent over its sockets. */
  events: string[];
}

export interface AppPages {
  /** The origin of the pages, which the server must allow. */
  readonly origin: string;
  /** Opens the page with these parameters in its URL. `html` is inside of its root element. */
  open(parameters: Record<string, string>, html?: string): Promise<OpenedPage>;
}

/** Serves the program `tests/client/pages/<name>` as a page of its own origin to the tests of a `describe`. */
export function useAppPages(shared: SharedBrowser, name: string): AppPages {
  let origin = '';
  const bodies = new Map<string, string>();
  const program = () => bundlePage(resolve(__dirname, 'pages', name));
  const server = createServer(({ url = '/' }, response) => {
    const { pathname } = new URL(url, origin);
    const isScript = pathname === '/page.js';
    response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html; charset=utf-8');
    response.end(
      isScript
        ? program()
        : `<!doctype html><link rel="icon" href="data:,"><div id="root">${bodies.get(pathname) ?? ''}</div><script type="module" src="/page.js"></script>`,
    );
  });
  beforeAll(async () => {
    const port = await freePort();
    origin = `http://127.0.0.1:${port}`;
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => void server.close());
  return {
    get origin() {
      return origin;
    },
    async open(parameters, html = '') {
      const path = `/${bodies.size}`;
      bodies.set(path, html);
      const context = await shared.browser.newContext();
      const opened = watched(await context.newPage());
      await opened.page.goto(`${origin}${path}?${new URLSearchParams(parameters)}`);
      return opened;
    },
  };
}

function watched(page: Page): OpenedPage {
  const problems: string[] = [];
  const requests: string[] = [];
  const events: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.startsWith('/api/')) requests.push(`${request.method()} ${pathname}`);
  });
  page.on('websocket', (socket) =>
    socket.on('framesent', ({ payload }) => {
      const event = /^42\d*\["([^"]+)"/.exec(String(payload))?.[1];
      if (event) events.push(event);
    }),
  );
  return { page, problems, requests, events };
}

/** The texts of the list of messages. */
export const listed = (page: Page) => page.locator('ol li').allTextContents();
