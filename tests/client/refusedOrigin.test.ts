import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { ChatClientError } from '../../client/src';
import { freePort } from '../../testkit/serverProcess';
import { describeInBrowser } from '../support/browser';
import { startTestServer } from '../support/testServer';
import { clientModule } from './exampleBundle';
import { newAccount } from './support';

describeInBrowser('a failed call from a page', (shared) => {
  let pages: Server;
  let origin: string;

  beforeAll(async () => {
    const port = await freePort();
    origin = `http://127.0.0.1:${port}`;
    pages = createServer(({ url }, response) => {
      if (url === '/client.js') response.setHeader('Content-Type', 'text/javascript').end(clientModule());
      else response.setHeader('Content-Type', 'text/html').end('<!doctype html>');
    }).listen(port, '127.0.0.1');
    await once(pages, 'listening');
  });
  afterAll(() => {
    pages.close();
  });

  /** Signs up in a page of `origin`, and returns the error. */
  async function failureAt(url: string): Promise<Pick<ChatClientError, 'code' | 'message'>> {
    const page = await shared.browser.newPage();
    await page.goto(origin);
    const failure = await page.evaluate(
      async ([from, server, account]) => {
        const { createChatClient } = await import(`${from}/client.js`);
        const client = createChatClient({ url: server });
        return client.signUp(account).catch(({ code, message }: ChatClientError) => ({ code, message }));
      },
      [origin, url, newAccount()] as const,
    );
    await page.close();
    return failure;
  }

  test('says that the server refuses its origin, and what to do', async () => {
    const server = await startTestServer();
    expect(await failureAt(server.url)).toEqual({
      code: 'OFFLINE',
      message: `The server at ${server.url} refuses pages of ${origin}. Add ${origin} to CORS_ORIGIN in the server's .env.`,
    });
  });

  test('says that the server is not reachable', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    expect(await failureAt(url)).toEqual({
      code: 'OFFLINE',
      message: `The server at ${url} can't be reached. Check the network and the address.`,
    });
  });

  test('says that it can’t reach a server of another kind', async () => {
    const server = createServer((_request, response) => response.end('hello')).listen(
      await freePort(),
      '127.0.0.1',
    );
    await once(server, 'listening');
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
    expect((await failureAt(url)).message).toContain("can't be reached");
    server.closeAllConnections();
    server.close();
  });
});
