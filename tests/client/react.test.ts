import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { createChatClient, memoryStorage } from '../../client/src';
import { ChatProvider, useConnection, useMessages, useSessions, useUser } from '../../client/src/react';
import { times } from '../../testkit/builders';
import { TcpProxy } from '../../testkit/tcpProxy';
import { scriptedResponder } from '../responders/scriptedResponder';
import { describeInBrowser } from '../support/browser';
import { startTestServer, type TestServer } from '../support/testServer';
import { listed, useAppPages } from './appPages';
import { contentsOf, newAccount, newClient, wholeHistory } from './support';

test('the hooks render on a server without a window, and load nothing there', () => {
  const requested: string[] = [];
  const client = createChatClient({
    url: 'http://127.0.0.1:1',
    storage: memoryStorage(),
    fetch: (url) => {
      requested.push(url);
      return Promise.reject(new Error('unexpected'));
    },
  });
  function App() {
    const { messages, status } = useMessages('a');
    return JSON.stringify([useUser(), useConnection(), useSessions().sessions, messages, status]);
  }
  const html = renderToString(createElement(ChatProvider, { client }, createElement(App)));
  expect(html.replaceAll('&quot;', '"')).toBe('[null,"offline",[],[],"loading"]');
  expect(requested).toEqual([]);
  client.close();
});

test('a hook without a ChatProvider says what is missing', () => {
  const App = () => String(useUser());
  expect(() => renderToString(createElement(App))).toThrow(/Put <ChatProvider client=\{client\}>/);
});

describeInBrowser('the React hooks', (shared) => {
  const pages = useAppPages(shared, 'reactPage.tsx');
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ config: { corsOrigins: [pages.origin] } });
  });

  async function start({ url } = server) {
    const account = newAccount();
    const client = newClient({ url });
    await client.signUp(account);
    const { id } = await client.sessions.create({ name: 'the session' });
    return { ...account, client, id, url };
  }
  type Started = Awaited<ReturnType<typeof start>>;
  const parametersOf = ({ email, password, id, url }: Started) => ({ email, password, id, url });

  test('load, subscribe and send once under StrictMode and Suspense', async () => {
    const started = await start();
    const { client, id, username } = started;
    const { page, problems, requests, events } = await pages.open({
      ...parametersOf(started),
      first: 'first',
    });
    await page.getByText('server: from an effect').waitFor();
    await page.getByText(`${username} online`).waitFor();
    await page.fill('input', 'Hello');
    await page.click('text=Send');
    await page.getByText('server: Hello').waitFor();
    const texts = ['user: from an effect', 'server: from an effect', 'user: Hello', 'server: Hello'];
    expect(await listed(page)).toEqual(texts);
    expect(await wholeHistory(client, id)).toHaveLength(4);
    expect(requests.filter((request) => request === `GET /api/sessions/${id}/messages`)).toHaveLength(1);
    expect(events.filter((event) => event === 'join-session')).toHaveLength(1);
    expect(events.filter((event) => event === 'message')).toHaveLength(2);

    // Without the component, nothing is followed; with it, everything is there again and nothing is loaded twice.
    await page.click('text=Toggle');
    await client.send(id, 'meanwhile');
    await page.click('text=Toggle');
    await page.getByText('server: meanwhile').waitFor();
    expect(await listed(page)).toEqual([...texts, 'user: meanwhile', 'server: meanwhile']);
    expect(requests.filter((request) => request === `GET /api/sessions/${id}/messages`)).toHaveLength(1);
    expect(await wholeHistory(client, id)).toHaveLength(6);
    // Each subscription first asks whether the session exists.
    expect(requests.filter((request) => request === `GET /api/sessions/${id}`)).toHaveLength(2);
    expect(events.filter((event) => event === 'join-session')).toHaveLength(2);
    expect(problems).toEqual([]);
    await page.context().close();
  });

  test('show pages of earlier messages, and the sessions of all devices', async () => {
    const started = await start();
    const { client, id } = started;
    await Promise.all(times(55, (index) => client.send(id, `message ${index}`)));
    const { page } = await pages.open(parametersOf(started));
    await page.getByText('server: message 54').waitFor();
    expect(await listed(page)).toHaveLength(50);
    await page.click('text=Earlier');
    await page.waitForFunction(() => document.querySelectorAll('ol li').length === 100);
    await page.click('text=Earlier');
    await page.getByText('has more').waitFor({ state: 'detached' });
    const expected = (await wholeHistory(client, id)).map(({ sender, content }) => `${sender}: ${content}`);
    expect(await listed(page)).toEqual(expected);

    const created = await Promise.all(
      times(55, (index) => client.sessions.create({ name: `other ${index}` })),
    );
    await page.getByText('56 sessions, ready').waitFor();
    await page.reload();
    await page.getByText('50 sessions, ready').waitFor();
    await page.click('text=More');
    await page.getByText('56 sessions, ready').waitFor();
    await client.sessions.rename(id, 'renamed elsewhere');
    await client.sessions.delete(created[0]?.id ?? '');
    await page.getByText('55 sessions, ready').waitFor();
    await client.send(id, 'activity');
    await page.getByRole('button', { name: 'renamed elsewhere' }).waitFor();
    await client.sessions.update(id, { archived: true });
    await page.getByText('54 sessions, ready').waitFor();
    await page.context().close();
  });

  test('show a message as unsent without a connection, and store it once', async () => {
    const proxy = await TcpProxy.to(server.url);
    const started = await start({ ...server, url: `http://${proxy.host}` });
    const { client, id, username } = started;
    const { page } = await pages.open(parametersOf(started));
    await page.getByText(`${username} online`).waitFor();
    await page.getByText('ready ready').waitFor();
    proxy.refuse();
    await page.getByText(`${username} offline`).waitFor();
    await page.fill('input', 'Hello');
    await page.click('text=Send');
    await page.getByText('unsent: Hello').waitFor();
    await page.click('text=Toggle');
    await page.click('text=Toggle');
    await page.getByText('unsent: Hello').waitFor();
    await proxy.accept();
    await page.getByText('server: Hello').waitFor();
    expect(await listed(page)).toEqual(['user: Hello', 'server: Hello']);
    expect(contentsOf(await wholeHistory(client, id))).toEqual(['Hello', 'Hello']);
    await page.context().close();
    client.close();
    proxy.refuse();
  });

  test('load after the connection is back; a session that does not exist is empty until its first message', async () => {
    const proxy = await TcpProxy.to(server.url);
    const started = await start({ ...server, url: `http://${proxy.host}` });
    const { client, username } = started;
    const id = '0190b5a0-0000-7000-8000-0000000000aa';
    const { page } = await pages.open({ ...parametersOf(started), id });
    await page.getByText('ready ready').waitFor();
    expect(await listed(page)).toEqual([]);
    await page.fill('input', 'the first');
    await page.click('text=Send');
    await page.getByText('server: the first').waitFor();
    expect(await listed(page)).toEqual(['user: the first', 'server: the first']);
    await client.sessions.delete(id);
    await page.getByText('failed NOT_FOUND').waitFor();
    expect(await listed(page)).toEqual([]);
    proxy.refuse();
    await page.getByText(`${username} offline`).waitFor();
    await page.click('text=the session');
    await page.getByText('loading ready').waitFor();
    await proxy.accept();
    await page.getByText('ready ready').waitFor();
    await page.context().close();
    client.close();
    proxy.refuse();
  });

  test('show a reply as it is written, stop it, and ask for another one', async () => {
    const { responder, request } = scriptedResponder();
    const scripted = await startTestServer({
      config: { corsOrigins: [pages.origin] },
      parts: { responder, waits: { replyRetryMs: 20 } },
    });
    const started = await start(scripted);
    const { page } = await pages.open(parametersOf(started));
    await page.fill('input', 'Why?');
    await page.click('text=Send');
    const reply = await request(0);
    reply.send('Bec');
    await page.getByText('draft: Bec').waitFor();
    reply.send('ause');
    await page.getByText('draft: Because').waitFor();
    await page.click('text=Toggle');
    await page.click('text=Toggle');
    await page.getByText('draft: Because').waitFor();
    await page.click('text=Stop');
    await page.getByText('server: Because').waitFor();
    expect(await listed(page)).toEqual(['user: Why?', 'server: Because']);
    await page.click('text=Regenerate');
    (await request(1)).send('No reason');
    await page.getByText('draft: No reason').waitFor();
    (await request(1)).finish();
    await page.getByText('server: No reason').waitFor();
    // After a reload the earlier replies are loaded, not delivered by the subscription.
    await page.reload();
    await page.getByText('server: No reason').waitFor();
    await page.click('text=Regenerate');
    (await request(2)).send('Who knows');
    (await request(2)).finish();
    await page.getByText('server: Who knows').waitFor();
    await page.fill('input', 'Why not?');
    await page.click('text=Edit');
    (await request(3)).send('Well.');
    (await request(3)).finish();
    await page.getByText('server: Well.').waitFor();
    expect(await listed(page)).toEqual([
      ...[
        'user: Why?',
        'server: Because',
        'server: No reason',
        'server: Who knows',
        'user: Why not?',
        'server: Well.',
      ],
    ]);
    await page.context().close();
  });

  test('show nothing of the user who has logged out to the next one', async () => {
    const [first, second] = [await start(), await start()];
    await first.client.send(first.id, 'private');
    const { page } = await pages.open(parametersOf(first));
    await page.getByText('server: private').waitFor();
    await page.evaluate('window.client.logOut()');
    await page.getByText('nobody offline').waitFor();
    expect(await listed(page)).toEqual([]);
    await page.getByText('0 sessions, loading').waitFor();
    await page.evaluate(
      `window.client.logIn({ email: '${second.email}', password: '${second.password}' }).then(() => {})`,
    );
    await page.getByText(`${second.username} online`).waitFor();
    await page.getByText('1 sessions, ready').waitFor();
    await page.getByText('ready ready').waitFor();
    expect(await listed(page)).toEqual([]);
    await page.context().close();
  });

  test('hydrate what a server has rendered, and then show the logged-in user', async () => {
    const started = await start();
    const html = '<h1>nobody offline loading</h1>';
    const { page, problems } = await pages.open({ ...parametersOf(started), hydrate: 'yes' }, html);
    await page.getByText(`${started.username} online ready`).waitFor();
    expect(problems).toEqual([]);
    await page.context().close();
  });
});
