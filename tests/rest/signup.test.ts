import { times, uniqueName } from '../../testkit/builders';
import { PASSWORD } from '../support/client';
import { newSqliteDatabase, startTestServer, type TestServer, testDatabases } from '../support/testServer';
import { authCalls, expectProblem, TIMESTAMP, UUID } from './support';

function newAccount(fields: object = {}) {
  const username = uniqueName();
  return { username, email: `${username}@example.com`, password: PASSWORD, ...fields };
}

describe.each(testDatabases)('signing up, on %s', (_name, makeDatabase) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ database: makeDatabase() });
  });

  test('creates an account and its first login', async () => {
    const account = newAccount();
    const { body } = await authCalls(server)
      .signUp(account)
      .expect(201)
      .expect('Content-Type', /^application\/json/);
    expect(body).toEqual({
      user: {
        id: UUID,
        username: account.username,
        email: account.email,
        createdAt: TIMESTAMP,
        updatedAt: body.user.createdAt,
      },
      token: expect.any(String),
      expiresAt: TIMESTAMP,
      refreshToken: expect.any(String),
    });
    const me = await authCalls(server).me(body.token).expect(200);
    expect(me.body).toEqual(body.user);
  });

  test('stores the email in lower case and the username as entered', async () => {
    const username = uniqueName('MixedCase');
    const { body } = await authCalls(server)
      .signUp(newAccount({ username, email: `${username}@Example.COM` }))
      .expect(201);
    expect(body.user).toMatchObject({ username, email: `${username}@example.com`.toLowerCase() });
  });

  test('rejects a username or an email that differs only in case from a taken one', async () => {
    const account = newAccount();
    await authCalls(server).signUp(account).expect(201);
    const sameName = await authCalls(server).signUp(newAccount({ username: account.username.toUpperCase() }));
    expectProblem(sameName, 'USERNAME_TAKEN');
    const sameEmail = await authCalls(server).signUp(newAccount({ email: account.email.toUpperCase() }));
    expectProblem(sameEmail, 'EMAIL_TAKEN');
  });

  test('a rejected sign-up takes neither the username nor the email', async () => {
    const account = newAccount();
    await authCalls(server).signUp(account).expect(201);
    const free = newAccount();
    await authCalls(server)
      .signUp({ ...free, email: account.email })
      .expect(409);
    await authCalls(server)
      .signUp({ ...free, username: account.username })
      .expect(409);
    await authCalls(server).signUp(free).expect(201);
  });

  test('of 50 concurrent sign-ups with one username, one succeeds', async () => {
    const username = uniqueName('race');
    const attempts = times(50, () => authCalls(server).signUp(newAccount({ username })));
    const answers = await Promise.all(attempts);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    for (const refused of answers.filter(({ status }) => status !== 201)) {
      expectProblem(refused, 'USERNAME_TAKEN');
    }
  });

  test('of 20 concurrent sign-ups with one email, one succeeds', async () => {
    const { email } = newAccount();
    const answers = await Promise.all(times(20, () => authCalls(server).signUp(newAccount({ email }))));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    for (const refused of answers.filter(({ status }) => status !== 201))
      expectProblem(refused, 'EMAIL_TAKEN');
  });
});

test('with SIGNUP=off nobody signs up, and who has an account logs in', async () => {
  const database = newSqliteDatabase();
  const open = await startTestServer({ database });
  const account = newAccount();
  await authCalls(open).signUp(account).expect(201);
  await open.close();

  const closed = await startTestServer({ database, config: { signUp: false } });
  const refused = await authCalls(closed).signUp(newAccount());
  expectProblem(refused, 'FORBIDDEN');
  expect(refused.body.detail).toContain('Sign-up is closed');
  await authCalls(closed).logIn(account.email, PASSWORD).expect(200);
});
