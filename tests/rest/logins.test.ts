import { randomUUID } from 'node:crypto';
import { pollUntil } from '../../testkit/waiting';
import { api, PASSWORD, signUp } from '../support/client';
import request from '../support/documents/request';
import { logIn, loginIdOf, twoLogins } from '../support/logins';
import { mentions } from '../support/rawDatabase';
import { startTestServer, type TestServer, testDatabases } from '../support/testServer';
import { authCalls, expectProblem, movableClock, TIMESTAMP, UUID } from './support';

const DAY_MS = 86_400_000;

describe.each(testDatabases)('the devices of a user, on %s', (_name, makeDatabase) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ database: makeDatabase() });
  });

  const list = async (token: string) => (await api(server, token).get('/api/auth/logins').expect(200)).body;
  const end = (token: string, loginId: string) => api(server, token).delete(`/api/auth/logins/${loginId}`);

  test('are listed with their details, the most recently used first, and the current one is marked', async () => {
    const { user, token } = await signUp(server);
    const credentials = { email: user.email, password: PASSWORD };
    const call = request(server.url).post('/api/auth/login').set('User-Agent', 'My Phone/1.0');
    await call.send(credentials).expect(200);
    const device = { id: UUID, createdAt: TIMESTAMP, lastUsedAt: TIMESTAMP, expiresAt: TIMESTAMP };
    expect(await list(token)).toEqual({
      logins: [
        { ...device, userAgent: 'My Phone/1.0', ip: '127.0.0.1', current: false },
        { ...device, userAgent: null, ip: '127.0.0.1', current: true },
      ],
    });
  });

  test('at most 256 characters of a user agent are stored', async () => {
    const { user } = await signUp(server);
    const call = request(server.url).post('/api/auth/login').set('User-Agent', 'x'.repeat(1_000));
    const { body } = await call.send({ email: user.email, password: PASSWORD }).expect(200);
    const { logins } = await list(body.token);
    expect(logins.map(({ userAgent }: { userAgent: string }) => userAgent)).toContain('x'.repeat(256));
  });

  /** The body is bytes too: Node would write the headers in the encoding of a body that is a string. */
  async function deviceOf(userAgent: Buffer): Promise<unknown> {
    const { user } = await signUp(server);
    const call = request(server.url).post('/api/auth/login').set('User-Agent', userAgent.toString('latin1'));
    const credentials = Buffer.from(JSON.stringify({ email: user.email, password: PASSWORD }));
    const sent = call.type('json').serialize((bytes) => bytes);
    const { body } = await sent.send(credentials).expect(200);
    const { logins } = await list(body.token);
    return logins.find(({ current }: { current: boolean }) => current).userAgent;
  }

  test.each([
    ['umlauts', 'Chat/1.0 (Jörgs Gerät)', 'Chat/1.0 (Jörgs Gerät)'],
    ['another script', '聊天/1.0 (小米)', '聊天/1.0 (小米)'],
    ['emoji', 'Chat/1.0 (🐴’s 📱)', 'Chat/1.0 (🐴’s 📱)'],
    ['256 of them', '🐴'.repeat(300), '🐴'.repeat(256)],
    ['a family that doesn’t fit whole', `${'x'.repeat(250)}👨‍👩‍👧‍👦`, 'x'.repeat(250)],
    ['controls, which are left out', '\u202eabc\u0085d\u009fe', 'abc de'],
    ['nothing that shows', '\u200b', null],
  ])('a user agent in UTF-8 is readable: %s', async (_kind, sent, shown) => {
    expect(await deviceOf(Buffer.from(sent, 'utf8'))).toBe(shown);
  });

  test('a user agent in Latin-1 is readable too', async () => {
    expect(await deviceOf(Buffer.from('Jörgs Gerät', 'latin1'))).toBe('Jörgs Gerät');
  });

  test('a revoked login is invalid immediately, with its refresh token, and not listed', async () => {
    const [lost, current] = await twoLogins(server);
    const { text } = await end(current.token, await loginIdOf(server, lost.token)).expect(204);
    expect(text).toBe('');
    expectProblem(await authCalls(server).me(lost.token), 'UNAUTHENTICATED');
    expectProblem(await authCalls(server).refresh(lost.refreshToken), 'UNAUTHENTICATED');
    expect(await list(current.token)).toMatchObject({ logins: [{ current: true }] });
  });

  test('the current login can be revoked', async () => {
    const { token } = await signUp(server);
    await end(token, await loginIdOf(server, token)).expect(204);
    expectProblem(await authCalls(server).me(token), 'UNAUTHENTICATED');
  });

  test('a login of another user is NOT_FOUND and stays active', async () => {
    const other = await signUp(server);
    const { token } = await signUp(server);
    expectProblem(await end(token, await loginIdOf(server, other.token)), 'NOT_FOUND');
    expectProblem(await end(token, randomUUID()), 'NOT_FOUND');
    await authCalls(server).me(other.token).expect(200);
    expect((await list(token)).logins).toHaveLength(1);
  });

  test.each(['x', '1', '%00', "'%20OR%201=1", '%7B%22$ne%22:null%7D'])(
    'an invalid id is rejected: %s',
    async (id) => {
      const { token } = await signUp(server);
      expectProblem(await end(token, id), 'VALIDATION_FAILED', ['loginId']);
    },
  );

  test('logging out everywhere revokes all logins of the user, and none of others', async () => {
    const logins = await twoLogins(server);
    const other = await signUp(server);
    await api(server, logins[0].token).post('/api/auth/logout-all').expect(204);
    for (const { token, refreshToken } of logins) {
      expectProblem(await authCalls(server).me(token), 'UNAUTHENTICATED');
      expectProblem(await authCalls(server).refresh(refreshToken), 'UNAUTHENTICATED');
    }
    await authCalls(server).me(other.token).expect(200);
    await logIn(server, logins[0].user.email);
  });

  test('expired logins are not listed, and deleted 30 days after their end', async () => {
    const { clock, advance } = movableClock();
    const database = makeDatabase();
    server = await startTestServer({ database, parts: { clock, waits: { loginCleanupMs: 20 } } });
    const { user, token } = await signUp(server);
    const expired = await loginIdOf(server, token);
    advance(40 * DAY_MS);
    const kept = await logIn(server, user.email);
    await logIn(server, user.email);
    expect((await list(kept.token)).logins).toHaveLength(2);
    expect(await mentions(database, expired)).toHaveLength(1);
    advance(19 * DAY_MS);
    const current = await logIn(server, user.email);
    expect(await mentions(database, expired)).toHaveLength(1);
    advance(2 * DAY_MS);
    const look = async () => {
      await authCalls(server).me(current.token);
      return mentions(database, expired);
    };
    await pollUntil(look, (found) => found.length === 0);
    await authCalls(server).refresh(kept.refreshToken).expect(200);
  });

  test('a clock that is months ahead for one start refuses the logins, and costs none of them', async () => {
    let ahead = 0;
    const clock = () => Date.now() + ahead;
    server = await startTestServer({ database: makeDatabase(), parts: { clock } });
    const { token, refreshToken } = await signUp(server);
    ahead = 70 * DAY_MS;
    await server.restart();
    expectProblem(await authCalls(server).me(token), 'TOKEN_EXPIRED');
    expectProblem(await authCalls(server).refresh(refreshToken), 'TOKEN_EXPIRED');
    ahead = 0;
    await server.restart();
    await authCalls(server).me(token).expect(200);
    await authCalls(server).refresh(refreshToken).expect(200);
  });

  test('an access token that outlives its login is refused', async () => {
    const { clock, advance } = movableClock();
    const config = { jwtExpiresInMs: 2 * DAY_MS, refreshExpiresInMs: DAY_MS };
    server = await startTestServer({ database: makeDatabase(), config, parts: { clock } });
    const { token } = await signUp(server);
    advance(DAY_MS - 1);
    await authCalls(server).me(token).expect(200);
    advance(1);
    expectProblem(await authCalls(server).me(token), 'UNAUTHENTICATED');
  });
});

test.each([
  ['get', '/api/auth/logins'],
  ['delete', '/api/auth/logins/00000000-0000-4000-8000-000000000000'],
  ['post', '/api/auth/logout-all'],
  ['patch', '/api/auth/me'],
  ['delete', '/api/auth/me'],
  ['put', '/api/auth/password'],
] as const)('%s %s is for those who are logged in', async (method, path) => {
  const server = await startTestServer();
  expectProblem(await request(server.url)[method](path), 'UNAUTHENTICATED');
  const { refreshToken } = await signUp(server);
  expectProblem(await api(server, refreshToken)[method](path), 'UNAUTHENTICATED');
});
