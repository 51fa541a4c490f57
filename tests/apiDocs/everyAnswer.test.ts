import { randomUUID } from 'node:crypto';
import type { ChatHooks } from '../../src';
import { type AuthResult, disabledHash } from '../../src/domain/user';
import { openStore } from '../../src/stores/open';
import { times, uniqueName } from '../../testkit/builders';
import { api, PASSWORD, signUp } from '../support/client';
import { seenAnswers } from '../support/documents/seen';
import { ruinDatabase } from '../support/ruinedDatabase';
import { startTestServer, type TestServer } from '../support/testServer';
import { beginSignUp } from '../support/unfinishedSignUp';
import { answersOf, type CallOptions, call, ROUTES, type Route, route, routesWith } from './calls';

const HOUR_MS = 3_600_000;
const MONTH_MS = 31 * 24 * HOUR_MS;

let now = Date.now();
const clock = () => now;

let server: TestServer;
let login: AuthResult;
beforeAll(async () => {
  server = await startTestServer({ parts: { clock } });
  login = await signUp(server);
});

const needsToken = ({ operation }: Route) => operation.security.length > 0;

/** Calls the routes in turn and expects the same status from all of them. */
async function callAll(routes: readonly Route[], status: number, options: CallOptions = {}): Promise<void> {
  expect(routes.length).toBeGreaterThan(0);
  for (const each of routes) await call(server.url, each, options).expect(status);
}

describe('every route with a body rejects', () => {
  const json = { 'Content-Type': 'application/json' };
  test.each<[string, number, string, Record<string, string>]>([
    ['MALFORMED_JSON', 400, '{', json],
    ['VALIDATION_FAILED', 400, '{}', { ...json, 'Content-Encoding': 'gzip' }],
    ['PAYLOAD_TOO_LARGE', 413, JSON.stringify('x'.repeat(65_536)), json],
    ['UNSUPPORTED_MEDIA_TYPE', 415, 'x', { 'Content-Type': 'text/plain' }],
  ])('%s', (code, status, body, headers) => callAll(routesWith(code), status, { body, headers }));
});

describe('every route with a token rejects', () => {
  test('a missing token', () => callAll(ROUTES.filter(needsToken), 401));

  test('an expired token', async () => {
    const { token } = await signUp(server);
    now += 2 * HOUR_MS;
    await callAll(ROUTES.filter(needsToken), 401, { token });
    login = await signUp(server);
  });
});

test('every route returns INTERNAL for an unexpected error', async () => {
  const ruined = await startTestServer({ config: { guests: true } });
  const { token, refreshToken } = await signUp(ruined);
  ruinDatabase(ruined.database);
  for (const each of routesWith('INTERNAL')) {
    const body = each.operation.operationId === 'refresh' ? { body: { refreshToken } } : {};
    await call(ruined.url, each, { token, ...body }).expect(500);
  }
});

test('every route returns UNAVAILABLE while the server stops', async () => {
  const stopping = await startTestServer();
  const underWay = await beginSignUp(stopping.url);
  const stopped = stopping.close();
  for (const each of routesWith('UNAVAILABLE')) await call(stopping.url, each).expect(503);
  await underWay.finish();
  await stopped;
});

test('every route with a limit returns RATE_LIMITED', async () => {
  const limited = await startTestServer({ config: { authRatePerMinute: 1, messageRatePerSecond: 1 } });
  const { token } = await signUp(limited);
  const { body: created } = await api(limited, token).post('/api/sessions').expect(201);
  for (const each of routesWith('RATE_LIMITED').filter(({ path }) => !path.endsWith('/export'))) {
    const body = each.operation.operationId === 'createSession' ? {} : undefined;
    const again = () =>
      call(limited.url, each, { token, parameters: { sessionId: session }, ...(body && { body }) });
    const session = randomUUID();
    const statuses = [(await again()).status, (await again()).status, (await again()).status];
    expect(statuses).toContain(429);
  }
  // Exports are limited by how many are in progress.
  for (const each of ROUTES.filter(({ path }) => path.endsWith('/export'))) {
    const parameters = { sessionId: created.id };
    const answers = await Promise.all(times(20, () => call(limited.url, each, { token, parameters })));
    expect(answers.map(({ status }) => status)).toContain(429);
  }
});

test('every route with an id returns NOT_FOUND if it does not exist or belongs to another user', async () => {
  const { body: foreign } = await api(server, (await signUp(server)).token)
    .post('/api/sessions')
    .expect(201);
  const parameters = { sessionId: foreign.id, loginId: randomUUID(), messageId: randomUUID() };
  const body = { id: foreign.id, name: 'Mine', content: 'Hello', seq: 1, variant: 2 };
  await callAll(routesWith('NOT_FOUND'), 404, { token: login.token, parameters, body });
});

test('every route of a session returns FORBIDDEN if the app denies it, and a message what the app refuses it with', async () => {
  const refuse = { code: 'CONFLICT', message: 'This chat is closed.' } as const;
  let isDenied = false;
  const hooks: ChatHooks = {
    authorize: () => !isDenied,
    onMessage: () => (isDenied ? undefined : { refuse }),
  };
  const guarded = await startTestServer({ parts: { hooks } });
  const { token } = await signUp(guarded);
  const { body: session } = await api(guarded, token).post('/api/sessions').expect(201);
  const parameters = { sessionId: session.id };
  await call(guarded.url, route('sendMessage'), { token, parameters }).expect(409);
  isDenied = true;
  const routes = routesWith('FORBIDDEN').filter(({ path }) => path.startsWith('/api/sessions'));
  for (const each of routes) await call(guarded.url, each, { token, parameters }).expect(403);
});

test('account routes return the documented errors', async () => {
  const { user } = await signUp(server);
  const { token } = login;
  for (const each of [route('signUp'), route('changeAccount')]) {
    const fresh = { username: uniqueName(), email: `${uniqueName()}@example.com`, password: PASSWORD };
    await call(server.url, each, { token, body: { ...fresh, username: user.username } }).expect(409);
    await call(server.url, each, { token, body: { ...fresh, email: user.email } }).expect(409);
  }
  const wrong = {
    email: user.email,
    password: 'wrong',
    currentPassword: 'wrong',
    newPassword: 'a new password',
  };
  await callAll(routesWith('INVALID_CREDENTIALS'), 401, { token, body: wrong });
});

test('refreshing returns the documented errors', async () => {
  const { refreshToken } = await signUp(server);
  const refresh = (token: string) => call(server.url, route('refresh'), { body: { refreshToken: token } });
  const { body: next } = await refresh(refreshToken).expect(200);
  await call(server.url, route('readAccount'), { token: next.token }).expect(200);
  now += 11_000;
  await refresh(refreshToken).expect(401);
  await refresh('garbage').expect(401);
  now += MONTH_MS;
  await refresh(next.refreshToken).expect(401);
});

test('guests and their sign-up return the documented answers', async () => {
  const open = await startTestServer({ config: { guests: true }, parts: { clock } });
  await call(server.url, route('createGuest')).expect(403);
  const { body: guest } = await call(open.url, route('createGuest')).expect(201);
  const { token } = guest;
  await call(open.url, route('changeAccount'), { token, body: { email: 'a@example.com' } }).expect(403);
  await call(open.url, route('changePassword'), { token }).expect(403);
  await call(open.url, route('signUp'), { token: 'garbage' }).expect(401);
  await call(open.url, route('signUp'), { token }).expect(201);
  await call(open.url, route('signUp'), { token }).expect(409);
  now += 2 * HOUR_MS;
  await call(open.url, route('signUp'), { token }).expect(401);
  login = await signUp(server);
});

test('a closed sign-up returns the documented error', async () => {
  const closed = await startTestServer({ config: { signUp: false } });
  const username = uniqueName();
  const account = { username, email: `${username}@example.com`, password: PASSWORD };
  await call(closed.url, route('signUp'), { body: account }).expect(403);
});

test('a login to a disabled account returns the documented error', async () => {
  const { user } = await signUp(server);
  const store = await openStore(server.database);
  const found = await store.findUser(user.id);
  if (found) await store.updateUser(user.id, { passwordHash: disabledHash(found) });
  await store.close();
  const credentials = { username: user.username, password: PASSWORD };
  await call(server.url, route('logIn'), { body: credentials }).expect(403);
});

test('every route succeeds', async () => {
  const username = uniqueName();
  const account = { username, email: `${username}@example.com`, password: PASSWORD };
  await call(server.url, route('signUp'), { body: account }).expect(201);
  const { body: first }: { body: AuthResult } = await call(server.url, route('logIn'), {
    body: account,
  }).expect(200);
  const { token } = first;
  const { body: session } = await call(server.url, route('createSession'), { token, body: {} }).expect(201);
  await call(server.url, route('createSession'), { token, body: { id: session.id } }).expect(200);
  const parameters = { sessionId: session.id };
  const sending = { token, parameters, body: { content: 'Hello', clientMessageId: '1' } };
  const { body: sent } = await call(server.url, route('sendMessage'), sending).expect(201);
  const { messageId } = sent.message;
  await call(server.url, route('stopReply'), { token, parameters: { ...parameters, messageId } }).expect(200);
  await call(server.url, route('sendMessage'), sending).expect(200);
  const regenerate = (variant: number) =>
    call(server.url, route('regenerateReply'), {
      token,
      parameters: { ...parameters, messageId },
      body: { variant },
    });
  await regenerate(2).expect(202);
  await regenerate(2).expect(200);
  await regenerate(4).expect(409);
  for (const each of ROUTES.filter(({ method }) => method === 'get')) {
    const answer = await call(server.url, each, { token, parameters }).expect(200);
    if (each.path.endsWith('/export')) continue;
    const headers = { 'If-None-Match': String(answer.get('ETag')) };
    await call(server.url, each, { token, parameters, headers }).expect(304);
  }
  await call(server.url, route('markRead'), { token, parameters, body: { seq: 1 } }).expect(200);
  await call(server.url, route('updateSession'), { token, parameters }).expect(200);
  await call(server.url, route('deleteSession'), { token, parameters }).expect(204);
  await call(server.url, route('changeAccount'), { token, body: { username: uniqueName() } }).expect(200);
  await endLogins(account, token);
});

/** Every way to revoke a login, deleting the account last. */
async function endLogins(account: { email: string; password: string }, token: string): Promise<void> {
  const again = async (): Promise<string> =>
    (await call(server.url, route('logIn'), { body: account }).expect(200)).body.token;
  await call(server.url, route('logOut'), { token: await again() }).expect(204);
  await again();
  const { body } = await call(server.url, route('listLogins'), { token }).expect(200);
  const other = body.logins.find(({ current }: { current: boolean }) => !current);
  await call(server.url, route('endLogin'), { token, parameters: { loginId: other.id } }).expect(204);
  const passwords = { currentPassword: PASSWORD, newPassword: PASSWORD };
  await call(server.url, route('changePassword'), { token, body: passwords }).expect(204);
  await call(server.url, route('logOutAll'), { token }).expect(204);
  await call(server.url, route('deleteAccount'), { token: await again(), body: account }).expect(204);
}

afterAll(() => {
  // After all tests: fails with the responses that none of them received.
  const unseen = ROUTES.flatMap(answersOf).filter((name) => !seenAnswers.has(name));
  expect(unseen).toEqual([]);
});
