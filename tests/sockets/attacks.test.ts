import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { times } from '../../testkit/builders';
import { api, type ClientSocket, connect, newSocket, record, signUp } from '../support/client';
import { connectFrame, openRaw } from '../support/rawConnection';
import { refusalOf, send } from '../support/socketCalls';
import { startTestServer, type TestServer, testOfOneNode } from '../support/testServer';

describe('guarantee 9: a client that behaves is served while another one', () => {
  let server: TestServer;
  let token: string;
  let good: ClientSocket;

  beforeAll(async () => {
    server = await startTestServer({ parts: { waits: { loginTimeoutMs: 200 } } });
    ({ token } = await signUp(server));
  });

  beforeEach(async () => {
    good = await connect(server, (await signUp(server)).token);
  });

  /** Sends bytes no HTTP client would, and resolves with what comes back until the server closes. */
  async function exchange(bytes: string): Promise<string> {
    const { hostname, port } = new URL(server.url);
    const connection = connectTcp(Number(port), hostname);
    let answer = '';
    connection.on('data', (chunk) => {
      answer += String(chunk);
    });
    // A server that refuses the rest may reset the connection; it is closed all the same.
    connection.on('error', () => {});
    connection.write(bytes);
    await once(connection, 'close');
    return answer;
  }

  test.each([
    ['sends 2,000 headers', times(2_000, (index) => `X-H${index}: ${index}`).join('\r\n'), 431],
    ['sends 100 KB of one header', `X-Long: ${'x'.repeat(100_000)}`, 431],
    ['sends a header that is none', 'no colon', 400],
    ['sends two lengths', 'Content-Length: 1\r\nContent-Length: 2', 400],
    ['sends a length and chunks', 'Content-Length: 1\r\nTransfer-Encoding: chunked', 400],
  ])('%s', async (_what, headers, status) => {
    for (const path of ['/api/auth/me', '/socket.io/?EIO=4&transport=websocket']) {
      const answer = await exchange(`GET ${path} HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n`);
      expect(answer.slice(0, 12)).toBe(`HTTP/1.1 ${status}`);
    }
    await send(good, randomUUID(), 'still served');
  });

  test('never logs in: it is closed', async () => {
    const [silent, elsewhere] = await Promise.all([openRaw(server), openRaw(server)]);
    elsewhere.send(connectFrame({ token }).replace('40', '40/admin,'));
    await Promise.all([silent.closed, elsewhere.closed]);
    await send(good, randomUUID(), 'still served');
  });

  test('logs in fifty times on one connection', async () => {
    const raw = await openRaw(server);
    raw.send(...times(50, () => connectFrame({ token })));
    await raw.closed;
    await send(good, randomUUID(), 'still served');
  });

  test('sends a flood of unknown events without listening', async () => {
    const raw = await openRaw(server);
    raw.send(connectFrame({ token }));
    await raw.frame('40{');
    raw.send(...times(2_000, (index) => `42["event ${index}",{}]`));
    await send(good, randomUUID(), 'still served');
    await raw.frame('42["error"');
  });

  test('comes from a foreign page', async () => {
    const options = { extraHeaders: { Origin: 'https://evil.example' }, reconnection: false };
    expect((await refusalOf(newSocket(server, token, options))).data).toBeUndefined();
    await send(good, randomUUID(), 'still served');
  });
});

describe('guarantee 10: connections are counted per address', () => {
  const handshakes = async (server: TestServer, addresses: readonly string[]) => {
    const statuses: number[] = [];
    for (const address of addresses) {
      const call = api(server, '').get('/socket.io/?EIO=4&transport=polling');
      statuses.push((await call.set('X-Forwarded-For', address)).status);
    }
    return statuses;
  };

  testOfOneNode('which a client can’t make up', async () => {
    const server = await startTestServer({ config: { connectRatePerMinute: 2 } });
    const addresses = ['203.0.113.1', '203.0.113.2', '203.0.113.3'];
    expect(await handshakes(server, addresses)).toEqual([200, 200, 403]);
  });

  testOfOneNode('that a trusted proxy names, in whatever form', async () => {
    const server = await startTestServer({ config: { connectRatePerMinute: 1, trustProxy: 1 } });
    const same = ['203.0.113.1', '::ffff:203.0.113.1', '198.51.100.1, 203.0.113.1'];
    expect(await handshakes(server, same)).toEqual([200, 403, 403]);
    expect(await handshakes(server, ['203.0.113.2', '2001:db8::1', '2001:db8::2'])).toEqual([200, 200, 403]);
  });
});

test('a user who sends too many messages is told when to go on, and disturbs nobody', async () => {
  const server = await startTestServer({ config: { messageRatePerSecond: 5 } });
  const [flooder, other] = [await signUp(server), await signUp(server)];
  const [socket, good] = [await connect(server, flooder.token), await connect(server, other.token)];
  const errors = record(socket, 'error');
  for (const index of times(100, (each) => each)) {
    socket.emit('message', { sessionId: randomUUID(), content: `flood ${index}` });
  }
  const [error] = await errors.atLeast(90);
  expect(error).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: expect.any(Number) });
  await send(good, randomUUID(), 'still served');
});
