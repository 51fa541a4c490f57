import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { resolve } from 'node:path';
import { expectNothingLost, startTestServer, type TestServer } from '../../testkit/testing';
import { describeInBrowser } from '../support/browser';
import { sendUnderEveryFault } from '../testkit/everyFault';
import { bundleForBrowser } from './exampleBundle';

const BROWSER = readFileSync(resolve(__dirname, '../../examples/browser.html'), 'utf8');
/** Renders the React example for the user in the query of the URL. */
const REACT = `
  import { createRoot } from 'react-dom/client';
  import { createChatClient } from 'smart-chat-client';
  import { ChatProvider } from 'smart-chat-client/react';
  import { Chat } from './examples/react';
  const { server: url, email, password } = Object.fromEntries(new URLSearchParams(location.search));
  const client = createChatClient({ url });
  await client.logIn({ email, password });
  const { id } = await client.sessions.create();
  createRoot(document.getElementById('root')).render(
    <ChatProvider client={client}>
      <Chat sessionId={id} />
    </ChatProvider>,
  );
`;
const REACT_HTML = '<!doctype html><div id="root"></div><script type="module" src="/react.js"></script>';

describeInBrowser('the examples on a server that breaks', (shared) => {
  let server: TestServer;
  let pages: Server;
  let origin: string;

  beforeAll(async () => {
    server = await startTestServer();
    pages = createServer(({ url = '' }, response) => {
      const script = url.startsWith('/react.js');
      response.setHeader('Content-Type', script ? 'text/javascript' : 'text/html');
      response.end(script ? bundleForBrowser(REACT) : url.startsWith('/react') ? REACT_HTML : BROWSER);
    }).listen(0, '127.0.0.1');
    await once(pages, 'listening');
    const address = pages.address();
    origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  });
  afterAll(async () => {
    pages.close();
    await server.close();
  });

  test.each(['browser.html', 'react.html'])(
    '%s loses, doubles and reorders nothing',
    async (name) => {
      const { user, password, ...ada } = await server.addUser();
      const page = await shared.browser.newPage();
      page.setDefaultTimeout(20_000);
      const email = user.email ?? '';
      await page.goto(`${origin}/${name}?${new URLSearchParams({ server: server.url, email, password })}`);
      if (name === 'browser.html') {
        await page.fill('[name=email]', email);
        await page.fill('[name=password]', password);
        await page.click('text=Log in');
      }
      await page.getByText('online').waitFor();
      const sent = await sendUnderEveryFault(server, { user, password, ...ada }, async (content) => {
        await page.getByPlaceholder('Message').or(page.getByLabel('Message')).fill(content);
        await page.getByRole('button', { name: 'Send' }).click();
      });
      const received = async () => {
        const lines = await page.locator('li').allTextContents();
        return lines.map((line) => line.replace(/^(user|server): /, ''));
      };
      await expectNothingLost({ user: ada, sent, received }, { timeoutMs: 15_000 });
      await page.close();
    },
    60_000,
  );
});
