import { createSSRApp, defineComponent, h } from 'vue';
import { renderToString } from 'vue/server-renderer';
import { createChat, useMessages, useSessions, useUser } from '../../client/src/vue';
import { times } from '../../testkit/builders';
import { scriptedResponder } from '../responders/scriptedResponder';
import { describeInBrowser } from '../support/browser';
import { startTestServer } from '../support/testServer';
import { listed, useAppPages } from './appPages';
import { countedFetch, newAccount, newClient } from './support';

const App = defineComponent({
  setup() {
    const [user, { status }, { messages }] = [useUser(), useSessions(), useMessages('a')];
    return () => h('p', JSON.stringify([user.value, status.value, messages.value]));
  },
});

test('the composables render on a server without a window, and load nothing there', async () => {
  const { fetch, count } = countedFetch();
  const client = newClient({ url: 'http://127.0.0.1:1', fetch });
  const html = await renderToString(createSSRApp(App).use(createChat(client)));
  expect(html.replaceAll('&quot;', '"')).toBe('<p>[null,"loading",[]]</p>');
  expect(count('/api/sessions')).toBe(0);
});

test('a composable without a client says what is missing', async () => {
  const app = createSSRApp(App);
  app.config.warnHandler = () => {};
  await expect(renderToString(app)).rejects.toThrow(/Call app\.use\(createChat\(client\)\)/);
});

describeInBrowser('the Vue composables', (shared) => {
  const pages = useAppPages(shared, 'vuePage.ts');

  test('follow sessions, messages and drafts, and change to another session', async () => {
    const { responder, request } = scriptedResponder();
    const server = await startTestServer({
      config: { corsOrigins: [pages.origin] },
      parts: { responder, waits: { replyRetryMs: 20 } },
    });
    const { username, email, password } = newAccount();
    const client = newClient({ url: server.url });
    await client.signUp({ username, email, password });
    const { id } = await client.sessions.create({ name: 'first' });
    const other = await client.sessions.create({ name: 'second' });
    const { page, problems, requests, events } = await pages.open({ url: server.url, email, password, id });
    await page.getByText(`${username} online`).waitFor();
    await page.fill('input', 'Why?');
    await page.click('text=Send');
    const reply = await request(0);
    reply.send('Because');
    await page.getByText('draft: Because').waitFor();
    await page.click('text=Toggle');
    await page.click('text=Toggle');
    await page.getByText('draft: Because').waitFor();
    await page.click('text=Stop');
    await page.getByText('server: Because').waitFor();
    expect(await listed(page)).toEqual(['user: Why?', 'server: Because']);
    expect(requests.filter((each) => each === `GET /api/sessions/${id}/messages`)).toHaveLength(1);

    await client.sessions.rename(other.id, 'renamed');
    await page.click('text=renamed');
    await page.fill('input', 'And here?');
    await page.click('text=Send');
    (await request(1)).send('Too');
    (await request(1)).finish();
    await page.getByText('server: Too').waitFor();
    expect(await listed(page)).toEqual(['user: And here?', 'server: Too']);
    expect(events.filter((event) => event === 'message')).toHaveLength(2);
    await page.click('text=first');
    await page.getByText('server: Because').waitFor();
    expect(requests.filter((each) => each === `GET /api/sessions/${id}/messages`)).toHaveLength(1);
    expect(problems).toEqual([]);
    await page.context().close();
  });

  test('load earlier messages', async () => {
    const server = await startTestServer({ config: { corsOrigins: [pages.origin] } });
    const { username, email, password } = newAccount();
    const client = newClient({ url: server.url });
    await client.signUp({ username, email, password });
    const { id } = await client.sessions.create();
    await Promise.all(times(30, (index) => client.send(id, `message ${index}`)));
    const { page } = await pages.open({ url: server.url, email, password, id });
    await page.getByText('server: message 29').waitFor();
    expect(await listed(page)).toHaveLength(50);
    await page.click('text=Earlier');
    await page.getByText('user: message 0').waitFor();
    expect(await listed(page)).toHaveLength(60);
    await page.context().close();
  });
});
