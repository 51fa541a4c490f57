import { type JwtPayload, type SignOptions, sign, verify } from 'jsonwebtoken';
import { api, signUp } from '../support/client';
import request from '../support/documents/request';
import { newSqliteDatabase, startTestServer, type TestServer } from '../support/testServer';
import { authCalls, expectProblem } from './support';

const SECRET = 'the secret of a server whose tokens are attacked';

let server: TestServer;
let claims: JwtPayload;
let refreshToken: string;
let token: string;
let otherUserId: string;

beforeAll(async () => {
  server = await startTestServer({ config: { jwtSecrets: [SECRET] } });
  otherUserId = (await signUp(server)).user.id;
  ({ token, refreshToken } = await signUp(server));
  claims = claimsOf(token);
});

function claimsOf(text: string): JwtPayload {
  const payload = verify(text, SECRET);
  return typeof payload === 'string' ? {} : payload;
}

/** An access token of the server with other claims (undefined removes one) or another signature. */
function forged(changes: JwtPayload, options: SignOptions = {}, secret: string = SECRET): string {
  const changed = Object.entries({ ...claims, ...changes }).filter(([, value]) => value !== undefined);
  return sign(Object.fromEntries(changed), secret, options);
}

function unsigned(header: object, payload: string): string {
  const encode = (text: string) => Buffer.from(text).toString('base64url');
  return `${encode(JSON.stringify(header))}.${encode(payload)}.`;
}

test('the unmodified claims are accepted', async () => {
  await authCalls(server).me(forged({})).expect(200);
});

describe('an access token is rejected', () => {
  test.each<[string, () => string]>([
    ['without a signature', () => unsigned({ alg: 'none', typ: 'JWT' }, JSON.stringify(claims))],
    ['with the signature cut off', () => `${token.split('.').slice(0, 2).join('.')}.`],
    ['signed with HS512', () => forged({}, { algorithm: 'HS512' })],
    ['signed with HS384', () => forged({}, { algorithm: 'HS384' })],
    ['signed with a foreign secret', () => forged({}, {}, 'a secret that is not in the list of the server')],
    ['for another audience', () => forged({ aud: 'somebody-else' })],
    ['of another issuer', () => forged({ iss: 'somebody-else' })],
    ['that is a refresh token', () => refreshToken],
    ['that is a refresh token by its type alone', () => forged({ type: 'refresh' })],
    ['that has no type', () => forged({ type: undefined })],
    ['that never ends', () => forged({ exp: undefined })],
    ['that names no login', () => forged({ login: undefined })],
    ['whose login is no string', () => forged({ login: { $ne: null } })],
    ['whose login does not exist', () => forged({ login: '00000000-0000-4000-8000-000000000000' })],
    ['whose login is another user’s', () => forged({ sub: otherUserId })],
    ['that is not valid yet', () => forged({ nbf: Math.floor(Date.now() / 1000) + 600 })],
    ['whose payload is no JSON', () => unsigned({ alg: 'HS256', typ: 'JWT' }, 'no JSON')],
    ['whose payload is null', () => unsigned({ alg: 'HS256', typ: 'JWT' }, 'null')],
    ['whose header is no JSON', () => 'bm8gSlNPTg.bm8gSlNPTg.AAAA'],
    ['whose header is null', () => unsigned([], 'null').replace(/^[^.]+/, 'bnVsbA')],
    ['that is no token', () => 'no-token'],
    ['that is only dots', () => '..'],
  ])('%s', async (_what, make) => {
    expectProblem(await authCalls(server).me(make()), 'UNAUTHENTICATED');
  });

  test('that has expired, with TOKEN_EXPIRED', async () => {
    const ended = forged({ exp: Math.floor(Date.now() / 1000) - 1 });
    expectProblem(await authCalls(server).me(ended), 'TOKEN_EXPIRED');
  });

  test('that has expired and was forged, with UNAUTHENTICATED', async () => {
    const ended = forged({ exp: Math.floor(Date.now() / 1000) - 1 }, {}, 'a secret that is not in the list');
    expectProblem(await authCalls(server).me(ended), 'UNAUTHENTICATED');
  });
});

describe('a refresh token is rejected, and the login stays active', () => {
  test.each<[string, () => string]>([
    ['that is empty', () => ''],
    ['that is no token', () => 'no-token'],
    ['whose payload is no JSON', () => unsigned({ alg: 'HS256', typ: 'JWT' }, 'no JSON')],
    ['that is an access token', () => token],
    ['that is an access token by its audience alone', () => forged({ type: 'refresh', generation: 0 })],
    [
      'without a signature',
      () => unsigned({ alg: 'none', typ: 'JWT' }, JSON.stringify(claimsOf(refreshToken))),
    ],
    ['signed with a foreign secret', () => sign(claimsOf(refreshToken), 'a secret that is not in the list')],
    ['signed with HS512', () => sign(claimsOf(refreshToken), SECRET, { algorithm: 'HS512' })],
    ['without a generation', () => sign({ ...claimsOf(refreshToken), generation: '0' }, SECRET)],
  ])('%s', async (_what, make) => {
    expectProblem(await authCalls(server).refresh(make()), 'UNAUTHENTICATED');
    await authCalls(server).me(token).expect(200);
  });
});

describe('a request is not logged in', () => {
  test.each([
    ['without a header', undefined],
    ['with an empty header', ''],
    ['with the scheme alone', 'Bearer'],
    ['with another scheme', 'Basic am9objpzZWNyZXQ='],
    ['with two tokens', 'Bearer one two'],
  ])('%s', async (_what, header) => {
    const call = request(server.url).get('/api/auth/me');
    const response = await (header === undefined ? call : call.set('Authorization', header));
    expectProblem(response, 'UNAUTHENTICATED');
    expect(response.get('WWW-Authenticate')).toBe('Bearer');
  });

  test.each([
    ['get', '/api/auth/me'],
    ['post', '/api/auth/logout'],
    ['get', '/api/sessions'],
    ['post', '/api/sessions'],
    ['get', '/api/sessions/not-even-an-id'],
    ['patch', '/api/sessions/00000000-0000-4000-8000-000000000000'],
    ['delete', '/api/sessions/00000000-0000-4000-8000-000000000000'],
    ['get', '/api/sessions/00000000-0000-4000-8000-000000000000/messages'],
    ['post', '/api/sessions/00000000-0000-4000-8000-000000000000/messages'],
  ] as const)('on %s %s', async (method, path) => {
    expectProblem(await request(server.url)[method](path), 'UNAUTHENTICATED');
    expectProblem(await api(server, refreshToken)[method](path), 'UNAUTHENTICATED');
  });
});

test('the first of several secrets signs, and all of them verify', async () => {
  const [old, next] = ['the secret that has signed until now', 'the secret that signs from now on'] as const;
  const database = newSqliteDatabase();
  const withSecrets = (...jwtSecrets: string[]) => startTestServer({ database, config: { jwtSecrets } });

  const before = await withSecrets(old);
  const login = await signUp(before);
  await before.close();

  const during = await withSecrets(next, old);
  await authCalls(during).me(login.token).expect(200);
  const { body: renewed } = await authCalls(during).refresh(login.refreshToken).expect(200);
  for (const token of [renewed.token, renewed.refreshToken]) {
    expect(() => verify(token, next)).not.toThrow();
    expect(() => verify(token, old)).toThrow('invalid signature');
  }
  await during.close();

  const after = await withSecrets(next);
  expectProblem(await authCalls(after).me(login.token), 'UNAUTHENTICATED');
  expectProblem(await authCalls(after).refresh(login.refreshToken), 'UNAUTHENTICATED');
  await authCalls(after).me(renewed.token).expect(200);
  await authCalls(after).refresh(renewed.refreshToken).expect(200);
});
