import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { KEEP_ALIVE_MS } from '../../src/utils/httpListener';
import { type Link, TcpProxy } from '../../testkit/tcpProxy';
import { connect, record, signUp } from '../support/client';
import { describeWith } from '../support/describeWith';
import { missingNginx, type Nginx, startNginx } from '../support/nginx';
import { recordLog } from '../support/recordLog';
import { send } from '../support/socketCalls';
import { newTestFolder, startTestServer } from '../support/testServer';

/** How long proxies keep an idle connection to a server if nothing else is set, in seconds. */
const PROXIES = [
  ['nginx', 60],
  ['Caddy', 120],
] as const;

test.each(PROXIES)('the server closes an idle connection later than %s', async (_proxy, seconds) => {
  const server = await startTestServer();
  const response = await fetch(`${server.url}/healthz`);
  const [, announced] = /^timeout=(\d+)$/.exec(response.headers.get('keep-alive') ?? '') ?? [];
  expect(Number(announced)).toBeGreaterThan(seconds);
  expect(Number(announced)).toBe(KEEP_ALIVE_MS / 1000);
});

describeWith(missingNginx(), 'nginx as documented', () => {
  let proxy: TcpProxy;
  let nginx: Nginx | undefined;
  /** The connections of nginx to the server, in the order of their first requests. */
  const links = new Set<Link>();

  async function startBetween(serverUrl: string, upstream?: string): Promise<Nginx> {
    links.clear();
    proxy = await TcpProxy.to(serverUrl);
    proxy.interference.toServer = (data, link) => {
      links.add(link);
      link.server.write(data);
    };
    nginx = await startNginx(newTestFolder(), proxy.host, upstream);
    return nginx;
  }
  afterEach(async () => {
    await nginx?.stop();
    proxy.refuse();
  });

  /** Resolves with the status of the response. */
  async function createSession(url: string, token: string, id: string): Promise<number> {
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
    const body = JSON.stringify({ id });
    return (await fetch(`${url}/api/sessions`, { method: 'POST', headers, body })).status;
  }

  const closed = (end: Socket | undefined) => end && (end.closed || once(end, 'close'));

  test('serves REST over few connections and Socket.IO, and names the client', async () => {
    const log = recordLog('info');
    const server = await startTestServer({ config: { trustProxy: 1 }, parts: { logger: log.logger } });
    const { url, redirectingUrl } = await startBetween(server.url);
    const { token } = await signUp(server);
    const sessionId = randomUUID();
    expect(await createSession(url, token, sessionId)).toBe(201);
    for (let repeats = 0; repeats < 5; repeats += 1) {
      expect(await createSession(url, token, sessionId)).toBe(200);
    }
    expect(links.size).toBe(1);

    for (const transports of [['websocket'], ['polling'], ['polling', 'websocket']]) {
      const socket = await connect({ url }, token, { transports });
      const messages = record(socket, 'message');
      await send(socket, sessionId, 'over a socket');
      await messages.atLeast(1);
    }
    const offered = await fetch(`${url}/socket.io?EIO=4&transport=websocket`);
    expect(offered.status).toBe(404);
    const elsewhere = await fetch(`${redirectingUrl}/x`, { redirect: 'manual' });
    expect(elsewhere.headers.get('location')).toBe('https://127.0.0.1/x');
    const { requestId } = await log.entry(({ route }) => route === '/api/sessions');
    // That of nginx: 32 hexadecimal digits.
    expect(requestId).toMatch(/^[0-9a-f]{32}$/);
  });

  test('loses no request when it closes an idle connection before the server', async () => {
    const server = await startTestServer();
    const { url } = await startBetween(server.url, 'keepalive_timeout 50ms;');
    const { token } = await signUp(server);
    expect(await createSession(url, token, randomUUID())).toBe(201);
    proxy.hold();
    const [first] = links;
    await closed(first?.client);
    const created = createSession(url, token, randomUUID());
    proxy.release();
    expect(await created).toBe(201);
    expect(links.size).toBe(2);
  });

  test('answers with 502 when the server closes an idle connection first', async () => {
    const server = createServer({ keepAliveTimeout: 50 }, (_request, response) => response.end());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const { url } = await startBetween(`http://127.0.0.1:${port}`);
    expect((await fetch(url, { method: 'POST' })).status).toBe(200);
    proxy.hold();
    const [first] = links;
    await closed(first?.server);
    const posted = fetch(url, { method: 'POST' });
    proxy.release();
    expect((await posted).status).toBe(502);
    server.close();
  });
});
