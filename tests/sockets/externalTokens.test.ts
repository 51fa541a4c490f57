import { randomUUID } from 'node:crypto';
import type { Answer } from '../../src/domain/events';
import { present } from '../contract/storeFixture';
import { api, type ClientSocket, connect, newSocket, record, signUp } from '../support/client';
import { describeWithMongo } from '../support/describeWithMongo';
import { startFleet } from '../support/fleet';
import { Issuer } from '../support/issuer';
import { measuresTimes } from '../support/measuredTimes';
import { disconnection, failureIn, refusalOf, send, successOf } from '../support/socketCalls';
import { startTestServer, type TestServer } from '../support/testServer';

measuresTimes();

let issuer: Issuer;
let server: TestServer;
let now = Date.now();
beforeAll(async () => {
  issuer = await Issuer.start();
  server = await startTestServer({ config: { externalAuth: issuer.auth }, parts: { clock: () => now } });
});
afterAll(() => issuer.stop());
beforeEach(() => {
  now = Date.now();
});

const authenticate = (socket: ClientSocket, token: string): Promise<Answer<{ expiresAt: string }>> =>
  new Promise((resolve) => socket.emit('authenticate', token, resolve));

test('a token of the app’s own backend connects, by the handshake and by a header, as the same user as over REST', async () => {
  const token = await issuer.token(randomUUID());
  const socket = await connect(server, token);
  const { sessionId } = await send(socket, randomUUID(), 'hello');
  const { body } = await api(server, token).get(`/api/sessions/${sessionId}`).expect(200);
  expect(body.lastSeq).toBe(2);
  const extraHeaders = { Authorization: `Bearer ${token}` };
  await connect(server, token, { auth: {}, extraHeaders });
  const { body: devices } = await api(server, token).get('/api/auth/logins').expect(200);
  expect(devices.logins).toMatchObject([{ current: true, ip: '127.0.0.1' }]);
});

test.each([
  ['an expired token', 'TOKEN_EXPIRED', () => issuer.token('a', { exp: 1_000 })],
  ['a token for another audience', 'UNAUTHENTICATED', () => issuer.token('a', { aud: 'mail' })],
] as const)('%s is refused', async (_case, code, makeToken) => {
  expect((await refusalOf(newSocket(server, await makeToken()))).data).toEqual({ code });
});

test('without the published keys, the connection is closed without an error, so that the client tries again', async () => {
  const own = await Issuer.start();
  own.state = 'broken';
  const away = await startTestServer({ config: { externalAuth: own.auth } });
  const socket = newSocket(away, await own.token('a'));
  const refused = record(socket, 'error');
  const connected = new Promise<void>((resolve) => socket.once('connect', resolve));
  socket.connect();
  await own.readsAtLeast(2);
  own.state = 'up';
  await connected;
  expect(refused.seen).toEqual([]);
  own.stop();
});

test('guarantee 7: a logout ends the sockets of its token, and their reconnects are refused', async () => {
  const sub = randomUUID();
  const [token, other] = [await issuer.token(sub), await issuer.token(sub, { other: true })];
  const [socket, kept] = [await connect(server, token), await connect(server, other)];
  const end = disconnection(socket);
  await api(server, token).post('/api/auth/logout').expect(204);
  expect(await end).toBe('io server disconnect');
  expect((await refusalOf(newSocket(server, token))).data).toEqual({ code: 'UNAUTHENTICATED' });
  await send(kept, randomUUID(), 'still here');
});

test('the end of a token is announced, put off by a fresh one of the same user, and ends the socket', async () => {
  const sub = randomUUID();
  const [first, next] = [3_600, 7_200].map((seconds) => Math.floor(now / 1000) + seconds);
  const token = await issuer.token(sub, { exp: first });
  const fresh = await issuer.token(sub, { exp: next });
  const socket = await connect(server, token);
  const announced = record(socket, 'token-expiring');
  now = Number(first) * 1000 - 30_000;
  await announced.atLeast(1);
  const expiresAt = new Date(Number(next) * 1000).toISOString();
  expect(successOf(await authenticate(socket, fresh)).expiresAt).toBe(expiresAt);
  now = Number(first) * 1000 + 1_000;
  await send(socket, randomUUID(), 'after the end of the first token');
  const end = disconnection(socket);
  await api(server, fresh).post('/api/auth/logout').expect(204);
  expect(await end).toBe('io server disconnect');
});

test('a token of another user, and one that was logged out, don’t replace the token of a socket', async () => {
  const sub = randomUUID();
  const [token, ended] = [await issuer.token(sub), await issuer.token(sub, { ended: true })];
  const socket = await connect(server, token);
  await api(server, ended).post('/api/auth/logout').expect(204);
  const own = await signUp(server);
  for (const other of [await issuer.token(randomUUID()), ended, own.token])
    expect(failureIn(await authenticate(socket, other)).code).toBe('UNAUTHENTICATED');
  const ownSocket = await connect(server, own.token);
  expect(failureIn(await authenticate(ownSocket, token)).code).toBe('UNAUTHENTICATED');
  await send(socket, randomUUID(), 'still here');
});

test('a deleted account ends its sockets', async () => {
  const token = await issuer.token(randomUUID());
  const socket = await connect(server, token);
  const end = disconnection(socket);
  await api(server, token).delete('/api/auth/me').expect(204);
  expect(await end).toBe('io server disconnect');
  expect((await refusalOf(newSocket(server, token))).data).toEqual({ code: 'UNAUTHENTICATED' });
});

describeWithMongo('guarantee 13: on two nodes', () => {
  test('a token that is logged out on one is refused on both within a second, and its sockets end', async () => {
    const nodes = await startFleet({ nodes: 2, config: { externalAuth: issuer.auth } });
    const [one, two] = [present(nodes[0]), present(nodes[1])];
    const sub = randomUUID();
    const token = await issuer.token(sub);
    const me = (node: TestServer | typeof one, of = token) => api(node, of).get('/api/auth/me');
    const [first, second] = await Promise.all([me(one).expect(200), me(two).expect(200)]);
    expect(first.body).toEqual(second.body);
    const sockets = await Promise.all([connect(one, token), connect(two, token)]);
    const ends = Promise.all(sockets.map(disconnection));
    const startedAt = performance.now();
    await api(one, token).post('/api/auth/logout').expect(204);
    expect(await ends).toEqual(['io server disconnect', 'io server disconnect']);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    for (const node of [one, two]) {
      await me(node).expect(401);
      expect((await refusalOf(newSocket(node, token))).data).toEqual({ code: 'UNAUTHENTICATED' });
      await me(node, await issuer.token(sub, { next: true })).expect(200);
    }
  });
});
