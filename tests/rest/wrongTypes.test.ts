import { randomUUID } from 'node:crypto';
import type { AuthResult } from '../../src/domain/user';
import { uniqueName } from '../../testkit/builders';
import { api, PASSWORD, signUp } from '../support/client';
import { startTestServer, type TestServer, testDatabases } from '../support/testServer';
import { authCalls, expectProblem } from './support';

const NEW_NAME = uniqueName();
const SIGN_UP = { username: NEW_NAME, email: `${NEW_NAME}@example.com`, password: PASSWORD };
const SESSION = randomUUID();

/** Every required field of every body, with the other fields of a valid request. */
const REQUIRED = [
  ['post', '/api/auth/signup', 'username', SIGN_UP],
  ['post', '/api/auth/signup', 'email', SIGN_UP],
  ['post', '/api/auth/signup', 'password', SIGN_UP],
  ['post', '/api/auth/login', 'email', { email: SIGN_UP.email, password: PASSWORD }],
  ['post', '/api/auth/login', 'password', { email: SIGN_UP.email, password: PASSWORD }],
  ['post', '/api/auth/refresh', 'refreshToken', {}],
  ['patch', `/api/sessions/${SESSION}`, 'name', {}],
  ['post', `/api/sessions/${SESSION}/messages`, 'content', { clientMessageId: 'one' }],
] as const;

/** Every optional field of every body, with the other fields of a valid request. */
const OPTIONAL = [
  ['patch', '/api/auth/me', 'username', { email: SIGN_UP.email }],
  ['patch', '/api/auth/me', 'email', { username: SIGN_UP.username }],
  ['post', '/api/sessions', 'id', { name: 'another' }],
  ['post', '/api/sessions', 'name', { id: randomUUID() }],
  ['post', `/api/sessions/${SESSION}/messages`, 'clientMessageId', { content: 'Hello' }],
] as const;

const FIELDS = [...REQUIRED, ...OPTIONAL];

/** JSON text, because an object literal can't have an own `__proto__`. */
const VALUES = [
  '42',
  '0',
  'true',
  'false',
  '[]',
  `["${PASSWORD}"]`,
  '{}',
  '{"$ne":null}',
  '{"toString":"x","length":10,"valueOf":1,"__proto__":"x"}',
];

describe.each(testDatabases)('a value that is not a string is rejected, on %s', (_name, makeDatabase) => {
  let server: TestServer;
  let login: AuthResult;
  beforeAll(async () => {
    server = await startTestServer({ database: makeDatabase() });
    login = await signUp(server);
    await api(server, login.token).post('/api/sessions', { id: SESSION, name: 'the only one' }).expect(201);
  });

  test.each(FIELDS)('%s %s: %s', async (method, path, field, others) => {
    for (const value of VALUES) {
      const body = JSON.stringify({ ...others, [field]: '?' }).replace('"?"', value);
      const response = await api(server, login.token)[method](path).type('json').send(body);
      expectProblem(response, 'VALIDATION_FAILED', [field]);
    }
  });

  test.each(REQUIRED)('%s %s: %s as null', async (method, path, field, others) => {
    const response = await api(server, login.token)[method](path, { ...others, [field]: null });
    expectProblem(response, 'VALIDATION_FAILED', [field]);
  });

  test.each(FIELDS)('%s %s with an array as body', async (method, path) => {
    for (const body of [[], [{}]]) {
      expectProblem(await api(server, login.token)[method](path, body), 'VALIDATION_FAILED', ['body']);
    }
  });

  test.each(FIELDS.filter(([, path]) => path !== '/api/sessions'))(
    '%s %s without a body',
    async (method, path) => {
      const response = await api(server, login.token)[method](path);
      expect(response.body).toMatchObject({
        status: 400,
        code: 'VALIDATION_FAILED',
        errors: expect.any(Array),
      });
    },
  );

  afterAll(async () => {
    const { body } = await api(server, login.token).get('/api/sessions').expect(200);
    expect(body.sessions).toEqual([expect.objectContaining({ name: 'the only one', lastSeq: 0 })]);
    await authCalls(server).refresh(login.refreshToken).expect(200);
    await authCalls(server).signUp(SIGN_UP).expect(201);
  });
});
