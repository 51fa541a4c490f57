import { randomUUID } from 'node:crypto';
import { SignJWT, UnsecuredJWT } from 'jose';
import { disabledHash, type User } from '../../src/domain/user';
import { openStore } from '../../src/stores/open';
import { times, uniqueName } from '../../testkit/builders';
import { present } from '../contract/storeFixture';
import { api, PASSWORD, signUp } from '../support/client';
import { AUDIENCE, ISSUER, Issuer } from '../support/issuer';
import { recordLog } from '../support/recordLog';
import { startTestServer, type TestServer, testDatabases } from '../support/testServer';
import { authCalls, expectProblem, UUID } from './support';

const now = () => Math.floor(Date.now() / 1000);
const log = recordLog('debug');

let issuer: Issuer;
beforeAll(async () => {
  issuer = await Issuer.start();
});
afterAll(() => issuer.stop());

const me = (server: TestServer, token: string) => api(server, token).get('/api/auth/me');

describe.each(testDatabases)('users of the app’s own backend, on %s', (_name, makeDatabase) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ database: makeDatabase(), config: { externalAuth: issuer.auth } });
  });

  test('a user is made at first sight and found by each later token', async () => {
    const sub = randomUUID();
    const username = uniqueName();
    const claims = { preferred_username: username, email: `${username}@Example.com`, email_verified: true };
    const { body: user } = await me(server, await issuer.token(sub, claims)).expect(200);
    expect(user).toMatchObject({ id: UUID, username, email: `${username}@example.com` });
    expect((await me(server, await issuer.token(sub, { iat: now() })).expect(200)).body).toEqual(user);
    const { body: other } = await me(server, await issuer.token(randomUUID())).expect(200);
    expect(other.id).not.toBe(user.id);
    const { body: session } = await api(server, await issuer.token(sub))
      .post('/api/sessions')
      .expect(201);
    expect(session.userId).toBe(user.id);
  });

  test('of many first requests at once, with one token and with several, one makes the user', async () => {
    const sub = randomUUID();
    const same = await issuer.token(sub);
    const tokens = await Promise.all(times(6, (n) => (n % 2 ? same : issuer.token(sub, { n }))));
    const answers = await Promise.all(tokens.map((token) => me(server, token).expect(200)));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    const { body } = await api(server, same).get('/api/auth/logins').expect(200);
    expect(body.logins).toHaveLength(4);
  });

  test.each<[string, (name: string) => object, (name: string) => unknown]>([
    ['preferred_username', (name) => ({ preferred_username: name, name: 'Other' }), (name) => name],
    ['name', (name) => ({ name: `Zoë ${name}!` }), (name) => `Zoe-${name}`],
    ['email', (name) => ({ email: `${name}@example.com` }), (name) => name],
    ['nothing', () => ({}), () => expect.stringMatching(/^user-\w{8}$/)],
    [
      'blanks',
      () => ({ preferred_username: '  ', name: '漢字' }),
      () => expect.stringMatching(/^user-\w{8}$/),
    ],
    ['too much', () => ({ name: 'x'.repeat(5_000) }), () => 'x'.repeat(32)],
    [
      'no texts',
      () => ({ name: 7, preferred_username: {}, email: [] }),
      () => expect.stringMatching(/^user-/),
    ],
  ])('the username comes from %s', async (_claim, claims, expected) => {
    const name = uniqueName('u').slice(0, 16);
    const { body } = await me(server, await issuer.token(randomUUID(), { ...claims(name) })).expect(200);
    expect(body.username).toEqual(expected(name));
    expect(body.email).toBeNull();
  });

  test('a username and an email of another account are not taken, and no account is linked', async () => {
    const { user: holder } = await signUp(server);
    const claims = {
      preferred_username: holder.username.toUpperCase(),
      email: holder.email,
      email_verified: true,
    };
    const { body } = await me(server, await issuer.token(randomUUID(), claims)).expect(200);
    expect(body.id).not.toBe(holder.id);
    expect(body.username.toLowerCase()).toMatch(
      new RegExp(`^${holder.username.toLowerCase().slice(0, 23)}.*-\\w{8}$`),
    );
    expect(body.email).toBeNull();
  });

  test('guarantee 7: a token that was logged out is refused until it expires, also after a restart', async () => {
    const sub = randomUUID();
    const [ended, kept] = [await issuer.token(sub), await issuer.token(sub, { kept: true })];
    const { body: user } = await me(server, ended).expect(200);
    await me(server, kept).expect(200);
    await api(server, ended).post('/api/auth/logout').expect(204);
    expectProblem(await me(server, ended), 'UNAUTHENTICATED');
    // A signature can be written in several ways.
    expectProblem(await me(server, respelled(ended)), 'UNAUTHENTICATED');
    expect((await me(server, kept).expect(200)).body.id).toBe(user.id);
    await server.restart();
    expectProblem(await me(server, ended), 'UNAUTHENTICATED');
    await me(server, kept).expect(200);
  });

  test('tokens are listed as devices, and ended alone and together', async () => {
    const sub = randomUUID();
    const tokens = await Promise.all(times(3, (n) => issuer.token(sub, { n, exp: now() + 3_600 + n })));
    for (const token of tokens) await me(server, token).set('User-Agent', 'Backend/1').expect(200);
    const [first = '', second = '', third = ''] = tokens;
    const { body } = await api(server, first).get('/api/auth/logins').expect(200);
    expect(body.logins).toHaveLength(3);
    const other = body.logins.find(({ current }: { current: boolean }) => !current);
    expect(other).toMatchObject({
      userAgent: 'Backend/1',
      ip: '127.0.0.1',
      expiresAt: expect.stringMatching(/^\d{4}-/),
    });
    await api(server, first).delete(`/api/auth/logins/${other.id}`).expect(204);
    const alive = await Promise.all([second, third].map(async (token) => (await me(server, token)).status));
    expect(alive.toSorted()).toEqual([200, 401]);
    await api(server, first).post('/api/auth/logout-all').expect(204);
    for (const token of tokens) expectProblem(await me(server, token), 'UNAUTHENTICATED');
    await me(server, await issuer.token(sub, { n: 4 })).expect(200);
  });

  test('a deleted account is deleted with its data, its tokens are refused, and a new token makes another user', async () => {
    const sub = randomUUID();
    const username = uniqueName();
    const token = await issuer.token(sub, { preferred_username: username });
    const { body: user } = await me(server, token).expect(200);
    const { body: session } = await api(server, token).post('/api/sessions').expect(201);
    await api(server, token).delete('/api/auth/me').expect(204);
    expectProblem(await me(server, token), 'UNAUTHENTICATED');
    // Nothing was made by the refused token.
    const account = { username, email: `${username}@example.com`, password: PASSWORD };
    await authCalls(server).signUp(account).expect(201);
    const next = await issuer.token(sub, { next: true });
    const { body: created } = await me(server, next).expect(200);
    expect(created.id).not.toBe(user.id);
    expectProblem(await api(server, next).get(`/api/sessions/${session.id}`), 'NOT_FOUND');
  });

  test('a disabled account refuses every token, also new ones', async () => {
    const sub = randomUUID();
    const token = await issuer.token(sub);
    const { body: user }: { body: User } = await me(server, token).expect(200);
    const store = await openStore(server.database);
    await store.updateUser(user.id, { passwordHash: disabledHash(present(await store.findUser(user.id))) });
    await store.deleteLogins(user.id);
    await store.close();
    expectProblem(await me(server, token), 'UNAUTHENTICATED');
    expectProblem(await me(server, await issuer.token(sub, { next: true })), 'UNAUTHENTICATED');
  });

  test('routes about passwords and refresh tokens say that they don’t apply', async () => {
    const token = await issuer.token(randomUUID());
    const { body: user } = await me(server, token).expect(200);
    const change = { currentPassword: '-', newPassword: PASSWORD };
    const changed = await api(server, token).put('/api/auth/password', change);
    expectProblem(changed, 'FORBIDDEN');
    expect(changed.body.detail).toContain('no password on this server');
    const refreshed = await authCalls(server).refresh(token);
    expectProblem(refreshed, 'UNAUTHENTICATED');
    expect(refreshed.body.detail).toContain('service that issued it');
    for (const password of ['-', '', '!-', PASSWORD])
      expectProblem(
        await api(server, '').post('/api/auth/login', { username: user.username, password }),
        'INVALID_CREDENTIALS',
      );
    await api(server, token)
      .patch('/api/auth/me', { email: `${uniqueName()}@example.com` })
      .expect(200);
  });
});

describe('a token is refused', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ config: { externalAuth: issuer.auth }, parts: { logger: log.logger } });
  });

  const hmac = (key: string, header: object = {}) =>
    new SignJWT({ sub: 'mallory', iss: ISSUER, aud: AUDIENCE, exp: now() + 60 })
      .setProtectedHeader({ alg: 'HS256', kid: 'key-1', ...header })
      .sign(new TextEncoder().encode(key));

  test.each<[string, 'UNAUTHENTICATED' | 'TOKEN_EXPIRED', () => Promise<string> | string]>([
    ['of another issuer', 'UNAUTHENTICATED', () => issuer.token('a', { iss: 'https://evil.example.com' })],
    ['for another audience', 'UNAUTHENTICATED', () => issuer.token('a', { aud: 'mail' })],
    ['without an audience', 'UNAUTHENTICATED', () => issuer.token('a', { aud: undefined })],
    ['without a subject', 'UNAUTHENTICATED', () => issuer.token('a', { sub: undefined })],
    ['with an empty subject', 'UNAUTHENTICATED', () => issuer.token('')],
    ['without an end', 'UNAUTHENTICATED', () => issuer.token('a', { exp: undefined })],
    ['that has expired', 'TOKEN_EXPIRED', () => issuer.token('a', { exp: now() - 1 })],
    ['that is not valid yet', 'UNAUTHENTICATED', () => issuer.token('a', { nbf: now() + 60 })],
    ['of an unknown key', 'UNAUTHENTICATED', () => issuer.token('a', {}, { kid: 'key-9' })],
    [
      'signed with the public key as a secret',
      'UNAUTHENTICATED',
      async () => hmac(await issuer.publicKeyText()),
    ],
    [
      'signed with the secret of this server',
      'UNAUTHENTICATED',
      () => hmac('a secret of the tests that is long enough'),
    ],
    [
      'without a signature',
      'UNAUTHENTICATED',
      () => new UnsecuredJWT({ sub: 'a', exp: now() + 60 }).setIssuer(ISSUER).setAudience(AUDIENCE).encode(),
    ],
    ['with a changed payload', 'UNAUTHENTICATED', async () => swapPayload(await issuer.token('a'))],
    ['that is cut off', 'UNAUTHENTICATED', async () => (await issuer.token('a')).slice(0, -8)],
  ])('%s', async (_case, code, makeToken) => {
    const token = await makeToken();
    expectProblem(await me(server, token), code);
    expect(log.lines.join('\n')).not.toContain(token.split('.')[1]);
  });

  test('of this server if its issuer is changed, and tokens of this server still count', async () => {
    const { token } = await signUp(server);
    await me(server, token).expect(200);
    expectProblem(await me(server, swapPayload(token, { iss: ISSUER, aud: AUDIENCE })), 'UNAUTHENTICATED');
  });
});

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The same signature: of the last letter of 64 bytes, four bits don't count. */
function respelled(token: string): string {
  return token.slice(0, -1) + LETTERS[LETTERS.indexOf(token.slice(-1)) ^ 1];
}

function swapPayload(token: string, changes: object = { sub: 'b' }): string {
  const [header, payload = '', signature] = token.split('.');
  const claims = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), ...changes };
  return [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
}

describe('published keys', () => {
  test.each(['RS256', 'EdDSA', 'PS256'])('sign with %s, too', async (alg) => {
    const own = await Issuer.start();
    await own.rotate('key-1', alg);
    const server = await startTestServer({ config: { externalAuth: own.auth } });
    await me(server, await own.token('a')).expect(200);
    own.stop();
  });

  test('are read once for many requests, and not again for unknown keys within the cooldown', async () => {
    const own = await Issuer.start();
    const server = await startTestServer({ config: { externalAuth: own.auth } });
    const known = await own.token('a');
    await Promise.all(times(5, () => me(server, known).expect(200)));
    const unknown = await own.token('a', {}, { kid: 'key-9' });
    await Promise.all(times(10, async () => expectProblem(await me(server, unknown), 'UNAUTHENTICATED')));
    expect(own.reads).toBe(1);
    own.stop();
  });

  test('are read again for a new key after the cooldown', async () => {
    const own = await Issuer.start();
    const parts = { waits: { keysCooldownMs: 300 } };
    const server = await startTestServer({ config: { externalAuth: own.auth }, parts });
    const before = await own.token('a');
    await me(server, before).expect(200);
    await own.rotate('key-2');
    const after = await own.token('a', { next: true });
    while ((await me(server, after)).status === 401);
    expect((await me(server, after).expect(200)).body).toEqual((await me(server, after).expect(200)).body);
    expect(own.reads).toBe(2);
    own.stop();
  });

  test('that can’t be read are UNAVAILABLE within 3 s, and the server recovers by itself', async () => {
    const own = await Issuer.start();
    const server = await startTestServer({
      config: { externalAuth: own.auth },
      parts: { logger: log.logger },
    });
    const token = await own.token('a');
    for (const state of ['hanging', 'broken'] as const) {
      own.state = state;
      const startedAt = performance.now();
      expectProblem(await me(server, token), 'UNAVAILABLE');
      expect(performance.now() - startedAt).toBeLessThan(3_000);
    }
    await log.entry(({ msg }) => msg === 'AUTH_JWKS_URL can not be read');
    // Tokens of this server need no keys.
    await me(server, (await signUp(server)).token).expect(200);
    own.state = 'up';
    await me(server, token).expect(200);
    own.stop();
    await me(server, token).expect(200);
  });
});

describe('AUTH_SECRET', () => {
  const secret = 'a secret that the backend and this server share';
  const sign = (key: string, alg = 'HS256') =>
    new SignJWT({ iss: ISSUER, aud: [AUDIENCE, 'other'], sub: 'ann', exp: now() + 60 })
      .setProtectedHeader({ alg })
      .sign(new TextEncoder().encode(key));

  test('verifies tokens, with HS256 alone', async () => {
    const externalAuth = { issuer: ISSUER, audience: AUDIENCE, key: { kind: 'secret', secret } } as const;
    const server = await startTestServer({ config: { externalAuth } });
    await me(server, await sign(secret)).expect(200);
    expectProblem(
      await me(server, await sign('another secret that is just as long as it')),
      'UNAUTHENTICATED',
    );
    for (const alg of ['HS384', 'HS512'])
      expectProblem(await me(server, await sign(secret, alg)), 'UNAUTHENTICATED');
    const none = new UnsecuredJWT({ sub: 'a', exp: now() + 60 })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .encode();
    expectProblem(await me(server, none), 'UNAUTHENTICATED');
    expectProblem(await me(server, await issuer.token('a')), 'UNAUTHENTICATED');
  });
});
