import { randomUUID } from 'node:crypto';
import { copyFileSync } from 'node:fs';
import { times } from '../../testkit/builders';
import { api, connect, newSocket, PASSWORD, signUp } from '../support/client';
import { documentedFetch } from '../support/documents/fetch';
import { HeldStore } from '../support/heldStore';
import { refusalOf } from '../support/socketCalls';
import { newSqliteDatabase, startTestServer, type TestServer } from '../support/testServer';
import { authCalls, expectProblem } from './support';

const CLIENTS = 30;
const HOUR = 3_600_000;

type Account = Awaited<ReturnType<typeof signUp>>;

/** Of each test, the server has a copy of this database. */
const original = newSqliteDatabase();
let accounts: Account[] = [];
beforeAll(async () => {
  const server = await startTestServer({ database: original });
  accounts = await Promise.all(times(CLIENTS, () => signUp(server)));
  await server.close();
});

/** Starts a server with this limit of attempts, on a database that has the accounts. */
async function startWithAccounts(
  authRatePerMinute: number,
  { ahead = 0, connectRatePerMinute = 0, held = new HeldStore() } = {},
): Promise<TestServer> {
  const database = newSqliteDatabase();
  copyFileSync(original.path, database.path);
  return startTestServer({
    database,
    config: { authRatePerMinute, connectRatePerMinute },
    parts: { clock: () => Date.now() + ahead },
    wrapStore: held.wrap,
  });
}

const countOf = (answers: readonly { status: number }[], status: number) =>
  answers.filter((answer) => answer.status === status).length;

function first<T>(list: readonly T[]): T {
  const [item] = list;
  if (item === undefined) throw new Error('the list is empty');
  return item;
}

test('many clients come back at once after their tokens have expired, and somebody logs in', async () => {
  const options = { ahead: 2 * HOUR, connectRatePerMinute: 60 };
  const server = await startWithAccounts(10, options);
  const { refresh, logIn } = authCalls(server);
  const comeBack = async ({ token, refreshToken }: Account) => {
    const stale = newSocket(server, token, { reconnection: false });
    expect((await refusalOf(stale)).data).toMatchObject({ code: 'TOKEN_EXPIRED' });
    const { body } = await refresh(refreshToken).expect(200);
    for (let device = 0; device < 3; device += 1) await connect(server, body.token);
  };
  await Promise.all(accounts.map(comeBack));
  await logIn(first(accounts).user.email, PASSWORD).expect(200);
});

test('many people log in at once, and guesses are limited afterwards', async () => {
  const server = await startWithAccounts(10);
  const { logIn } = authCalls(server);
  const answers = await Promise.all(accounts.map(({ user }) => logIn(user.email, PASSWORD)));
  expect(countOf(answers, 200)).toBe(CLIENTS);
  const guesses = await Promise.all(times(CLIENTS, () => logIn(`${randomUUID()}@example.com`, PASSWORD)));
  expect([countOf(guesses, 401), countOf(guesses, 429)]).toEqual([10, CLIENTS - 10]);
});

test('correct passwords in a password change and an account deletion don’t count either', async () => {
  const server = await startWithAccounts(2);
  for (const { token } of accounts.slice(0, 5)) {
    const { put, delete: remove } = api(server, token);
    const passwords = { currentPassword: PASSWORD, newPassword: `${PASSWORD} 2` };
    await put('/api/auth/password', passwords).expect(204);
    await remove('/api/auth/me', { password: passwords.newPassword }).expect(204);
  }
});

test('password guesses sent at once are limited before any result is known', async () => {
  const server = await startWithAccounts(3);
  const guesses = await Promise.all(
    accounts.map(({ user }) => authCalls(server).logIn(user.email, 'a guess')),
  );
  expect([countOf(guesses, 401), countOf(guesses, 429)]).toEqual([3, CLIENTS - 3]);
});

test('guessed refresh tokens are limited, genuine ones from the same address are not', async () => {
  const server = await startWithAccounts(3);
  const { refresh } = authCalls(server);
  const forged = accounts.map(({ refreshToken }) => `${refreshToken.slice(0, -8)}forgedAA`);
  const guesses = await Promise.all(forged.map((token) => refresh(token)));
  expect([countOf(guesses, 401), countOf(guesses, 429)]).toEqual([3, CLIENTS - 3]);
  const genuine = await Promise.all(accounts.map(({ refreshToken }) => refresh(refreshToken)));
  expect(countOf(genuine, 200)).toBe(CLIENTS);
});

test.each([
  ['valid', 0, 200],
  ['expired', 40 * 24 * HOUR, 401],
])('exchanges of %s refresh tokens are counted per login', async (_what, ahead, status) => {
  const server = await startWithAccounts(3, { ahead });
  const [busy, other] = accounts.map(({ refreshToken }) => refreshToken);
  const { refresh } = authCalls(server);
  for (let count = 0; count < 3; count += 1) await refresh(String(busy)).expect(status);
  const refused = await refresh(String(busy));
  expectProblem(refused, 'RATE_LIMITED');
  expect(refused.get('Retry-After')).toMatch(/^\d+$/);
  await refresh(String(other)).expect(status);
});

const ACCOUNT = { username: 'zoe', email: 'zoe@example.com', password: PASSWORD };

test('every sign-up counts', async () => {
  const server = await startTestServer({ config: { authRatePerMinute: 3 } });
  for (let count = 0; count < 3; count += 1) await signUp(server);
  expectProblem(await authCalls(server).signUp(ACCOUNT), 'RATE_LIMITED');
});

test('password checks are limited per address even if they succeed, because hashing takes time', async () => {
  const server = await startWithAccounts(1);
  const logIn = () => authCalls(server).logIn(first(accounts).user.email, PASSWORD);
  for (let count = 0; count < 10; count += 1) await logIn().expect(200);
  expectProblem(await logIn(), 'RATE_LIMITED');
});

test('a failure of the server counts as no guess', async () => {
  const held = new HeldStore();
  const server = await startWithAccounts(1, { held });
  const { email } = first(accounts).user;
  held.failNext('findUserByEmail', new Error('the disk is broken'));
  await authCalls(server).logIn(email, PASSWORD).expect(500);
  await authCalls(server).logIn(email, PASSWORD).expect(200);
});

test('a client that disconnects while its login waits for others takes no place', async () => {
  const held = new HeldStore();
  const server = await startWithAccounts(2, { held });
  const { email } = first(accounts).user;
  const holds = times(2, () => held.hold('findUserByEmail', 'call'));
  const inFlight = holds.map(() => authCalls(server).logIn(email, PASSWORD).then());
  await Promise.all(holds.map(({ reached }) => reached));
  const leaving = new AbortController();
  const waiting = documentedFetch(`${server.url}/api/auth/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email, password: PASSWORD }),
    signal: leaving.signal,
  });
  // Responds after the login was received.
  await authCalls(server).me('nobody');
  leaving.abort();
  await expect(waiting).rejects.toThrow();
  for (const { release } of holds) release();
  expect(countOf(await Promise.all(inFlight), 200)).toBe(2);
  await authCalls(server).logIn(email, PASSWORD).expect(200);
});

test('connections of one login count for its address when they are many', async () => {
  const server = await startWithAccounts(0, { connectRatePerMinute: 20 });
  const { token } = first(accounts);
  for (let count = 0; count < 22; count += 1) await connect(server, token);
  expect((await refusalOf(newSocket(server, token, { reconnection: false }))).data).toBeUndefined();
});
