import { randomUUID } from 'node:crypto';
import { ChatError } from '../../src/domain/errors';
import { api, connect, newSocket, signUp } from '../support/client';
import { HeldStore } from '../support/heldStore';
import { connectFrame, openRaw } from '../support/rawConnection';
import { refusalOf, send } from '../support/socketCalls';
import { startTestServer, type TestServer, testDatabases } from '../support/testServer';

const HOUR_MS = 3_600_000;

describe.each(testDatabases)('the handshake, on %s', (_name, makeDatabase) => {
  let server: TestServer;
  let now = Date.now();

  beforeAll(async () => {
    server = await startTestServer({ database: makeDatabase(), parts: { clock: () => now } });
  });

  test('takes the token from auth', async () => {
    const { token, user } = await signUp(server);
    const socket = await connect(server, token);
    const { sessionId } = await send(socket, randomUUID(), 'Hello');
    const { body } = await api(server, token).get(`/api/sessions/${sessionId}`).expect(200);
    expect(body.userId).toBe(user.id);
  });

  test('takes the token from the Authorization header, with each transport', async () => {
    const { token } = await signUp(server);
    const extraHeaders = { Authorization: `Bearer ${token}` };
    for (const transport of ['websocket', 'polling']) {
      const socket = await connect(server, '', { auth: {}, extraHeaders, transports: [transport] });
      expect(socket.connected).toBe(true);
    }
  });

  test('refuses a token that has expired, and says so', async () => {
    const { token } = await signUp(server);
    now += 2 * HOUR_MS;
    const refusal = await refusalOf(newSocket(server, token));
    expect(refusal.data).toEqual({ code: 'TOKEN_EXPIRED' });
  });

  test('refuses a token whose login has ended', async () => {
    const { token } = await signUp(server);
    await api(server, token).post('/api/auth/logout').expect(204);
    const refusal = await refusalOf(newSocket(server, token));
    expect(refusal.data).toEqual({ code: 'UNAUTHENTICATED' });
  });

  test('refuses a refresh token in the place of a token', async () => {
    const { refreshToken } = await signUp(server);
    const refusal = await refusalOf(newSocket(server, refreshToken));
    expect(refusal.data).toEqual({ code: 'UNAUTHENTICATED' });
  });
});

describe('a handshake without a good token', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer();
  });

  test.each<[string, object]>([
    ['none', {}],
    ['an empty one', { token: '' }],
    ['garbage', { token: 'garbage' }],
    ['null', { token: null }],
    ['a number', { token: 1 }],
    ['an object', { token: { $ne: null } }],
    ['a list', { token: ['a'] }],
    ['true', { token: true }],
  ])('gets connect_error: %s', async (_name, auth) => {
    const refusal = await refusalOf(newSocket(server, '', { auth }));
    expect(refusal.data).toEqual({ code: 'UNAUTHENTICATED' });
    expect(refusal.message).not.toBe('');
  });

  test.each(['Basic abc', 'Bearer', 'Bearer garbage'])('gets connect_error: %s', async (Authorization) => {
    const socket = newSocket(server, '', { auth: {}, extraHeaders: { Authorization } });
    expect((await refusalOf(socket)).data).toEqual({ code: 'UNAUTHENTICATED' });
  });

  test('is told why, and then the server closes the connection', async () => {
    const raw = await openRaw(server);
    raw.send(connectFrame({ token: 'garbage' }));
    await raw.closed;
    expect(await raw.frame('44')).toContain('"data":{"code":"UNAUTHENTICATED"}');
  });

  test('is told why with polling too', async () => {
    const refusal = await refusalOf(newSocket(server, 'garbage', { transports: ['polling'] }));
    expect(refusal.data).toEqual({ code: 'UNAUTHENTICATED' });
  });

  test('sends nothing that is handled', async () => {
    const { token } = await signUp(server);
    const sessionId = randomUUID();
    const raw = await openRaw(server);
    raw.send(
      connectFrame({ token: 'garbage' }),
      `42${JSON.stringify(['message', { sessionId, content: 'x' }])}`,
    );
    await raw.closed;
    await api(server, token).get(`/api/sessions/${sessionId}`).expect(404);
  });
});

test('a client that connects while the database is overloaded is not refused: it gets in by itself', async () => {
  const store = new HeldStore();
  const server = await startTestServer({ wrapStore: store.wrap });
  const { token } = await signUp(server);
  const lookUp = store.hold('findLogin', 'call');
  lookUp.fail(new ChatError('UNAVAILABLE', { retryAfterMs: 1_000 }));
  const socket = newSocket(server, token);
  const outcome = new Promise((resolve) => {
    socket.once('connect', () => resolve('connected'));
    socket.once('connect_error', resolve);
  });
  socket.connect();
  await lookUp.reached;
  expect(await outcome).toBe('connected');
});
