import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { endProcesses, RestartableServer } from '../../testkit/serverProcess';
import { TcpProxy } from '../../testkit/tcpProxy';
import { describeInBrowser } from '../support/browser';
import { api } from '../support/client';
import { answered, exchanges, loginOf, NETWORK_LOST, said, say, shownOn } from './chatPage';
import { usePageServer } from './pageServer';
import { visitWithChats } from './signedIn';

describeInBrowser('the chat page without a network', (shared) => {
  const server = usePageServer();
  let proxy: TcpProxy;
  let url: string;

  beforeEach(async () => {
    proxy = await TcpProxy.to(server.url);
    url = `http://${proxy.host}`;
  });
  afterEach(() => proxy.refuse());

  test('lost before an acknowledgement: the message is shown as not sent, and is there once in the end', async () => {
    const { page, problems } = await visitWithChats(shared.browser, { url }, ['Before'], {
      expected: NETWORK_LOST,
    });
    proxy.interference.toClient = (data, link) => {
      if (!data.includes('in the tunnel')) return link.client.write(data);
      proxy.interference = {};
      // The server has stored it, but the page doesn't receive the acknowledgement.
      return proxy.refuse();
    };
    await say(page, 'in the tunnel');
    await page.getByText('Reconnecting…').waitFor();
    await said(page, 'in the tunnel').getByText('not sent yet').waitFor();
    await page.getByText('1 message waits and will be sent when the connection is back.').waitFor();
    await say(page, 'still in it');
    await page.getByText('2 messages wait').waitFor();
    expect(await historyOf(page)).toEqual(exchanges('Before', 'in the tunnel'));

    await proxy.accept();
    await answered(page, 'still in it');
    await page.getByText('Reconnecting…').waitFor({ state: 'detached' });
    expect(await shownOn(page)).toEqual(exchanges('Before', 'in the tunnel', 'still in it'));
    expect(await historyOf(page)).toEqual(exchanges('Before', 'in the tunnel', 'still in it'));
    expect(problems).toEqual([]);
  });

  test('an unsent message survives a reload of the page', async () => {
    const { page, problems } = await visitWithChats(shared.browser, { url }, ['Before'], {
      expected: NETWORK_LOST,
    });
    // Only the socket is cut, so that the page can be loaded.
    proxy.cutAll();
    proxy.interference.toServer = (data, link) =>
      data.includes('/socket.io/') ? link.cut() : link.server.write(data);
    await say(page, 'kept');
    await said(page, 'kept').getByText('not sent yet').waitFor();
    await page.reload();
    await said(page, 'kept').getByText('not sent yet').waitFor();
    expect(await historyOf(page)).toEqual(exchanges('Before'));
    proxy.interference = {};
    await answered(page, 'kept');
    expect(await shownOn(page)).toEqual(exchanges('Before', 'kept'));
    expect(problems).toEqual([]);
  });

  test('messages from other devices are there after sleep, without a gap', async () => {
    const { page, problems } = await visitWithChats(shared.browser, { url }, ['Before'], {
      expected: NETWORK_LOST,
    });
    proxy.refuse();
    await page.getByText('Reconnecting…').waitFor();
    const { token, sessionId } = await loginOf(page);
    const words = Array.from({ length: 60 }, (_, index) => `while asleep ${index}`);
    for (const content of words) {
      await api(server, token).post(`/api/sessions/${sessionId}/messages`, { content }).expect(201);
    }
    await say(page, 'awake');
    await proxy.accept();
    await answered(page, 'awake');
    expect(await shownOn(page)).toEqual(exchanges('Before', ...words, 'awake'));
    expect(problems).toEqual([]);
  });

  test('a killed and restarted server loses no message', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'smart-chat-page-'));
    const killed = await RestartableServer.create(directory, {});
    await killed.start();
    const { page, problems } = await visitWithChats(shared.browser, killed, ['Before'], {
      expected: NETWORK_LOST,
    });
    await killed.end('SIGKILL');
    await say(page, 'one');
    await say(page, 'two');
    await page.getByText('2 messages wait').waitFor();
    await killed.start();
    await answered(page, 'two');
    expect(await shownOn(page)).toEqual(exchanges('Before', 'one', 'two'));
    expect(problems).toEqual([]);
    endProcesses();
    rmSync(directory, { recursive: true });
  });

  /** The messages on the server, independent of the page. */
  async function historyOf(page: Page): Promise<string[]> {
    const { token, sessionId } = await loginOf(page);
    const { body } = await api(server, token).get(`/api/sessions/${sessionId}/messages`).expect(200);
    return body.messages.map(({ content }: { content: string }) => content);
  }
});
