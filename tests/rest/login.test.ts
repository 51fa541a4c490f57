import { uniqueName } from '../../testkit/builders';
import { api, PASSWORD, signUp } from '../support/client';
import { startTestServer, type TestServer, testDatabases } from '../support/testServer';
import { authCalls, expectProblem } from './support';

describe.each(testDatabases)('logging in and out, on %s', (_name, makeDatabase) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ database: makeDatabase() });
  });

  test('accepts the email in any case and returns the user', async () => {
    const { user } = await signUp(server);
    const { body } = await authCalls(server).logIn(user.email.toUpperCase(), PASSWORD).expect(200);
    expect(body).toEqual({
      user,
      token: expect.any(String),
      expiresAt: expect.any(String),
      refreshToken: expect.any(String),
    });
    const me = await authCalls(server).me(body.token).expect(200);
    expect(me.body).toEqual(user);
  });

  test('responds to an unknown email as to a wrong password', async () => {
    const { user } = await signUp(server);
    const wrong = await authCalls(server).logIn(user.email, `${PASSWORD}!`);
    expectProblem(wrong, 'INVALID_CREDENTIALS');
    const unknown = await authCalls(server).logIn('nobody@example.com', PASSWORD);
    expect({ ...unknown.body, requestId: '' }).toEqual({ ...wrong.body, requestId: '' });
  });

  test.each(['', ' ', 'x'.repeat(40_000)])(
    'a wrong password of any length is INVALID_CREDENTIALS, not invalid input',
    async (password) => {
      const { user } = await signUp(server);
      expectProblem(await authCalls(server).logIn(user.email, password), 'INVALID_CREDENTIALS');
    },
  );

  test.each([
    ['ASCII', 'p'.repeat(72)],
    ['two-byte characters', 'é'.repeat(36)],
  ])('distinguishes passwords that share their first 72 bytes: %s', async (_kind, start) => {
    const username = uniqueName();
    const email = `${username}@example.com`;
    await authCalls(server)
      .signUp({ username, email, password: `${start}a` })
      .expect(201);
    expectProblem(await authCalls(server).logIn(email, `${start}b`), 'INVALID_CREDENTIALS');
    expectProblem(await authCalls(server).logIn(email, start), 'INVALID_CREDENTIALS');
    await authCalls(server).logIn(email, `${start}a`).expect(200);
  });

  test('passwords are compared with their case and spaces', async () => {
    const { user } = await signUp(server);
    for (const password of [PASSWORD.toUpperCase(), ` ${PASSWORD}`, `${PASSWORD} `, PASSWORD.slice(0, -1)]) {
      expectProblem(await authCalls(server).logIn(user.email, password), 'INVALID_CREDENTIALS');
    }
  });

  test('logging out revokes this login immediately, and no other', async () => {
    const first = await signUp(server);
    const { body: second } = await authCalls(server).logIn(first.user.email, PASSWORD).expect(200);
    const { text } = await api(server, first.token).post('/api/auth/logout').expect(204);
    expect(text).toBe('');
    expectProblem(await authCalls(server).me(first.token), 'UNAUTHENTICATED');
    expectProblem(await authCalls(server).refresh(first.refreshToken), 'UNAUTHENTICATED');
    expectProblem(await api(server, first.token).post('/api/auth/logout'), 'UNAUTHENTICATED');
    await authCalls(server).me(second.token).expect(200);
    await authCalls(server).refresh(second.refreshToken).expect(200);
  });

  test('a login survives a restart of the server', async () => {
    const { user, token, refreshToken } = await signUp(server);
    await server.restart();
    const { body } = await authCalls(server).me(token).expect(200);
    expect(body).toEqual(user);
    await authCalls(server).refresh(refreshToken).expect(200);
  });
});
