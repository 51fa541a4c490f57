import { connect, newSocket, record, signUp } from '../support/client';
import { connectFrame, connectRaw, openRaw } from '../support/rawConnection';
import { join, refusalOf, send } from '../support/socketCalls';
import { startTestServer, type TestServer, testOfOneNode } from '../support/testServer';

describe('one connection carries one socket', () => {
  let server: TestServer;
  let token: string;

  beforeAll(async () => {
    server = await startTestServer();
    ({ token } = await signUp(server));
  });

  test('a second CONNECT on it ends it', async () => {
    const raw = await connectRaw(server, token);
    raw.send(connectFrame({ token }));
    await raw.closed;
    expect(raw.frames.filter((frame) => frame.startsWith('40'))).toHaveLength(1);
  });

  test('many CONNECTs at once give one socket at most, and the end', async () => {
    const raw = await openRaw(server);
    raw.send(...Array.from({ length: 50 }, () => connectFrame({ token })));
    await raw.closed;
    expect(await raw.frame('44')).toContain('"code":"CONFLICT"');
    expect(raw.frames.filter((frame) => frame.startsWith('40')).length).toBeLessThanOrEqual(1);
  });

  test('a CONNECT after the socket has left it ends it', async () => {
    const raw = await connectRaw(server, token);
    raw.send('41', connectFrame({ token }));
    await raw.closed;
    expect(raw.frames.filter((frame) => frame.startsWith('40'))).toHaveLength(1);
  });

  test('it ends with its socket', async () => {
    const raw = await connectRaw(server, token);
    raw.send('41');
    await raw.closed;
  });

  test('an unknown namespace is refused', async () => {
    const elsewhere = newSocket({ url: `${server.url}/admin` }, token);
    expect((await refusalOf(elsewhere)).message).toBe('Invalid namespace');
  });

  test('an unknown namespace is refused next to a socket, which goes on', async () => {
    const raw = await connectRaw(server, token);
    raw.send(`40/admin,${JSON.stringify({ token })}`);
    expect(await raw.frame('44/admin,')).toContain('Invalid namespace');
    raw.send('421["leave-session","018f0000-0000-7000-8000-000000000000"]');
    expect(await raw.frame('431')).toBe('431[{"ok":true}]');
  });

  test('several connections of one login are several devices', async () => {
    const sockets = await Promise.all([connect(server, token), connect(server, token)]);
    const [first, second] = sockets;
    const { session } = await join(second, '018f0000-0000-7000-8000-000000000001');
    const heard = record(second, 'message');
    await send(first, session.id, 'Hello');
    expect(await heard.atLeast(2)).toMatchObject([{ sender: 'user' }, { sender: 'server' }]);
  });
});

testOfOneNode('an address that connects too often is refused', async () => {
  const server = await startTestServer({ config: { connectRatePerMinute: 3 } });
  const { token } = await signUp(server);
  for (let count = 0; count < 3; count += 1) await connect(server, token);
  for (const transport of ['websocket', 'polling']) {
    const socket = newSocket(server, token, { transports: [transport], reconnection: false });
    expect((await refusalOf(socket)).data).toBeUndefined();
  }
});
