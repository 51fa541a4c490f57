import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join, resolve } from 'node:path';
import { freePort, fromSource } from '../../testkit/serverProcess';
import { describeInBrowser } from '../support/browser';
import { startTestServer, type TestServer } from '../support/testServer';
import { bundleForBrowser, clientModule } from './exampleBundle';
import { follow, newAccount, newClient, wholeHistory } from './support';

const EXAMPLES = resolve(__dirname, '../../examples');
/** A message that is refused. The field keeps it. */
const TOO_LONG = 'x'.repeat(16_385);
const read = (name: string) => readFileSync(resolve(EXAMPLES, name), 'utf8');

test('every example is short', () => {
  const files = readdirSync(EXAMPLES, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const texts = files
    .filter(({ name }) => !name.endsWith('.json'))
    .map((file) => join(file.parentPath, file.name));
  expect(texts).toEqual(
    expect.arrayContaining(['browser.html', 'node.ts', 'react.tsx'].map((name) => resolve(EXAMPLES, name))),
  );
  for (const path of texts) {
    expect([path, readFileSync(path, 'utf8').trimEnd().split('\n').length < 130]).toEqual([path, true]);
  }
});

test('the Node.js example chats and logs out', async () => {
  const server = await startTestServer();
  const account = newAccount();
  const client = newClient({ url: server.url });
  await client.signUp(account);
  const child = spawn(process.execPath, [...fromSource('node.ts'), server.url], {
    cwd: EXAMPLES,
    env: { PATH: process.env.PATH, EMAIL: account.email, PASSWORD: account.password },
  });
  const exited = once(child, 'exit');
  let printed = '';
  child.stdout.on('data', (data) => {
    printed += data;
  });
  child.stdin.end('Hello\n\nand bye\n');
  expect(await exited).toEqual([0, null]);
  expect(printed).toBe('user: Hello\nserver: Hello\nuser: and bye\nserver: and bye\n');
  expect(await client.account.logins()).toHaveLength(1);
});

describeInBrowser('the browser examples', (shared) => {
  let server: TestServer;
  let pages: Server;
  let origin: string;

  beforeAll(async () => {
    const port = await freePort();
    origin = `http://127.0.0.1:${port}`;
    server = await startTestServer({ config: { corsOrigins: [origin] } });
    pages = createServer(({ url = '/' }, response) => {
      const file = files[url.split('?')[0] ?? ''];
      response.writeHead(file ? 200 : 404, { 'Content-Type': file?.[0] ?? 'text/plain' }).end(file?.[1]());
    }).listen(port, '127.0.0.1');
    await once(pages, 'listening');
  }, 60_000);

  afterAll(() => {
    pages.close();
  });

  /** The files served at the examples' origin: type and content. */
  const files: Record<string, [string, () => string]> = {
    '/browser.html': ['text/html', () => read('browser.html')],
    '/react.html': [
      'text/html',
      () => '<!doctype html><div id="root"></div><script type="module" src="/react.js"></script>',
    ],
    '/react.js': ['text/javascript', () => bundleForBrowser(REACT_PAGE)],
  };

  /** Renders the example for the user in the query of the URL. */
  const REACT_PAGE = `
    import { createRoot } from 'react-dom/client';
    import { createChatClient } from 'smart-chat-client';
    import { ChatProvider } from 'smart-chat-client/react';
    import { Chat } from './examples/react';
    const { url, email, password, id } = Object.fromEntries(new URLSearchParams(location.search));
    const client = createChatClient({ url });
    await client.logIn({ email, password });
    createRoot(document.getElementById('root')).render(
      <ChatProvider client={client}>
        <Chat sessionId={id} />
      </ChatProvider>,
    );
  `;

  async function openPage() {
    const context = await shared.browser.newContext();
    const page = await context.newPage();
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    await page.route('**/client.js', (route) =>
      route.fulfill({
        contentType: 'text/javascript',
        body: clientModule(),
        headers: { 'Access-Control-Allow-Origin': '*' },
      }),
    );
    return { page, problems };
  }

  async function accountWithSession() {
    const account = newAccount();
    const client = newClient({ url: server.url });
    await client.signUp(account);
    const { id } = await client.sessions.create();
    return { ...account, client, id };
  }

  test('the page without a build step logs in, chats and resumes after a reload', async () => {
    const { client, id, email, password } = await accountWithSession();
    const { page, problems } = await openPage();
    await page.goto(`${origin}/browser.html?server=${server.url}`);
    await page.fill('[name=email]', email);
    await page.fill('[name=password]', password);
    await page.click('text=Log in');
    await page.fill('[name=content]', 'Hello <b>');
    await page.click('text=Send');
    await page.getByText('server: Hello <b>').waitFor();
    await page.reload();
    await page.getByText('server: Hello <b>').waitFor();
    expect(await page.locator('li').allTextContents()).toEqual(['user: Hello <b>', 'server: Hello <b>']);
    await client.send(id, 'from elsewhere');
    await page.getByText('server: from elsewhere').waitFor();
    expect(await wholeHistory(client, id)).toHaveLength(4);
    await page.fill('[name=content]', TOO_LONG);
    await page.click('text=Send');
    await page.getByText('content must have at most').waitFor();
    expect(await page.inputValue('[name=content]')).toBe(TOO_LONG);
    expect(problems).toEqual([]);
    await page.context().close();
  });

  test('the React component shows messages and sends them', async () => {
    const { client, id, email, password } = await accountWithSession();
    const seen = follow(client, id);
    const { page, problems } = await openPage();
    const address = new URLSearchParams({ url: server.url, email, password, id });
    await page.goto(`${origin}/react.html?${address}`);
    await page.getByText('online').waitFor();
    await page.getByLabel('Message').fill('Hello');
    await page.click('text=Send');
    await page.getByText('server: Hello').waitFor();
    await seen.until(2);
    await client.send(id, 'from elsewhere');
    await page.getByText('server: from elsewhere').waitFor();
    const texts = ['user: Hello', 'server: Hello', 'user: from elsewhere', 'server: from elsewhere'];
    expect(await page.locator('li').allTextContents()).toEqual(texts);
    await page.getByLabel('Message').fill(TOO_LONG);
    await page.click('text=Send');
    await page.getByText('content must have at most').waitFor();
    expect(await page.getByLabel('Message').inputValue()).toBe(TOO_LONG);
    expect(problems).toEqual([]);
    await page.context().close();
  });
});
