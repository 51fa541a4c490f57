import { type ChatClient, memoryStorage } from '../../client/src';
import { renewalTime } from '../../client/src/login';
import { times } from '../../testkit/builders';
import { api } from '../support/client';
import { startTestServer, type TestServer } from '../support/testServer';
import { countedFetch, follow, newAccount, newClient, next, online, signedUp } from './support';

const REFRESH = '/api/auth/refresh';

/** A server whose clock a test can advance. */
async function serverWithClock(jwtExpiresInMs = 3_600_000) {
  let ahead = 0;
  const server = await startTestServer({
    config: { jwtExpiresInMs },
    parts: { clock: () => Date.now() + ahead },
  });
  const putForward = (milliseconds: number) => {
    ahead += milliseconds;
  };
  return { server, putForward };
}

/** The stored login of a client, for calls that bypass the client. */
function keptLogin(storage: { getItem(key: string): string | null }, { url }: TestServer) {
  const { token, refreshToken } = JSON.parse(storage.getItem(`smart-chat ${url} login`) ?? '{}');
  return { token: String(token), refreshToken: String(refreshToken) };
}

const states = (client: ChatClient) => {
  const seen: string[] = [];
  client.on('connection', (state) => void seen.push(state));
  return seen;
};

test('a login survives a reload', async () => {
  const server = await startTestServer();
  const storage = memoryStorage();
  const before = await signedUp({ url: server.url, storage });
  const { user } = before;
  before.close();
  const after = newClient({ url: server.url, storage });
  expect(after.user).toEqual(user);
  await online(after);
  expect((await after.sessions.list()).sessions).toEqual([]);
});

test('the connection stays open while its token is renewed, each time after half of its short lifetime', async () => {
  const { server } = await serverWithClock(2_000);
  const counted = countedFetch();
  const client = await signedUp({ url: server.url, ...counted });
  const signedUpAt = performance.now();
  await online(client);
  const seen = states(client);
  const { id } = await client.sessions.create();
  const { until } = follow(client, id, 0);
  await counted.until(REFRESH, 3);
  // The server announces the expiry every second from the start, which must not cause a renewal each time.
  expect(performance.now() - signedUpAt).toBeGreaterThan(2_900);
  const { seq } = await client.send(id, 'still here');
  await until(seq + 1);
  expect(seen).toEqual([]);
});

test('concurrent calls with an expired token cause one refresh', async () => {
  const { server, putForward } = await serverWithClock();
  const counted = countedFetch();
  const client = await signedUp({ url: server.url, ...counted });
  putForward(3_700_000);
  const pages = await Promise.all(times(20, () => client.sessions.list()));
  expect(pages).toHaveLength(20);
  expect(counted.count(REFRESH)).toBe(1);
  await online(client);
  expect(client.user).not.toBeNull();
});

test('tabs that refresh concurrently stay logged in', async () => {
  const { server, putForward } = await serverWithClock();
  const storage = memoryStorage();
  const first = await signedUp({ url: server.url, storage });
  const tabs = [first, ...times(3, () => newClient({ url: server.url, storage }))];
  for (let round = 0; round < 3; round += 1) {
    await Promise.all(tabs.map(online));
    putForward(3_700_000);
    await Promise.all(tabs.map((tab) => tab.sessions.list()));
  }
  expect(tabs.map(({ user }) => user?.id)).toEqual(tabs.map(() => first.user?.id));
});

test('reconnects with a new token after the old one has expired', async () => {
  const { server, putForward } = await serverWithClock();
  const client = await signedUp({ url: server.url });
  await online(client);
  const back = next(client, 'connection', (state) => state === 'online');
  putForward(3_700_000);
  await back;
  expect(client.user).not.toBeNull();
});

test('logs out when the login is ended on another device', async () => {
  const server = await startTestServer();
  const storage = memoryStorage();
  const client = await signedUp({ url: server.url, storage });
  const { id } = await client.sessions.create();
  await online(client);
  const { ended } = follow(client, id);
  const told = next(client, 'user');
  await api(server, keptLogin(storage, server).token).post('/api/auth/logout-all').expect(204);
  expect(await told).toBeNull();
  expect(await ended).toMatchObject({ code: 'UNAUTHENTICATED' });
  expect(client.connection).toBe('offline');
  await expect(client.sessions.list()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

test('logs out when the refresh token was used elsewhere, and its successor too', async () => {
  const { server, putForward } = await serverWithClock();
  const storage = memoryStorage();
  const client = await signedUp({ url: server.url, storage });
  const { token, refreshToken } = keptLogin(storage, server);
  const { body: thief } = await api(server, token).post(REFRESH, { refreshToken }).expect(200);
  await api(server, thief.token).get('/api/auth/me').expect(200);
  putForward(3_700_000);
  await expect(client.sessions.list()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  expect(client.user).toBeNull();
});

test('logout ends the login on the server, also with an expired token', async () => {
  const { server, putForward } = await serverWithClock();
  const storage = memoryStorage();
  const account = newAccount();
  const phone = newClient({ url: server.url, storage });
  await phone.signUp(account);
  const { refreshToken, token } = keptLogin(storage, server);
  putForward(3_700_000);
  await phone.logOut();
  expect([phone.user, phone.connection]).toEqual([null, 'offline']);
  await api(server, token).post(REFRESH, { refreshToken }).expect(401);
});

test('logout everywhere logs out the other devices', async () => {
  const server = await startTestServer();
  const account = newAccount();
  const phone = newClient({ url: server.url });
  await phone.signUp(account);
  const laptop = newClient({ url: server.url });
  await laptop.logIn(account);
  await online(laptop);
  expect((await phone.account.logins()).map(({ current }) => current).sort()).toEqual([false, true]);
  const told = next(laptop, 'user');
  await phone.logOutEverywhere();
  expect([phone.user, await told]).toEqual([null, null]);
});

test('tabs log in and out together', async () => {
  const server = await startTestServer();
  const storage = memoryStorage();
  const [one, other] = [newClient({ url: server.url, storage }), newClient({ url: server.url, storage })];
  const comes = next(other, 'user');
  const user = await one.signUp(newAccount());
  expect(await comes).toEqual(user);
  await online(other);
  const goes = next(other, 'user');
  await one.logOut();
  expect(await goes).toBeNull();
  expect(other.connection).toBe('offline');
});

test('the renewal time depends on the lifetime of the token, not on its dates', () => {
  const tokenOf = (claims: object) => `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;
  const hour = { iat: 1_000_000, exp: 1_003_600 };
  expect(renewalTime(tokenOf(hour), 5_000)).toBe(5_000 + 3_540_000);
  expect(renewalTime(tokenOf({ iat: 0, exp: 30 }), 5_000)).toBe(20_000);
  expect(renewalTime('garbage', 0)).toBeGreaterThan(Date.now());
});
