import { uniqueName } from '../../testkit/builders';
import { api, PASSWORD, signUp } from '../support/client';
import { logIn } from '../support/logins';
import { startTestServer, type TestServer, testDatabases } from '../support/testServer';
import { authCalls, expectProblem, TIMESTAMP } from './support';

describe.each(testDatabases)('changing the account, on %s', (_name, makeDatabase) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ database: makeDatabase() });
  });

  const change = (token: string, changes?: object) => api(server, token).patch('/api/auth/me', changes);

  test('changing the username keeps the email', async () => {
    const { user, token } = await signUp(server);
    const username = uniqueName('New');
    const { body } = await change(token, { username }).expect(200);
    expect(body).toEqual({ ...user, username, updatedAt: TIMESTAMP });
    expect((await authCalls(server).me(token)).body).toEqual(body);
    await logIn(server, user.email);
  });

  test('a new email is stored in lower case and logs in', async () => {
    const { user, token } = await signUp(server);
    const email = `${uniqueName('NEW')}@Example.com`;
    const { body } = await change(token, { email }).expect(200);
    expect(body).toEqual({ ...user, email: email.toLowerCase(), updatedAt: TIMESTAMP });
    expect((await logIn(server, email)).user).toEqual(body);
    expectProblem(await authCalls(server).logIn(user.email, PASSWORD), 'INVALID_CREDENTIALS');
  });

  test('both can change together, and the old ones become available', async () => {
    const { user, token } = await signUp(server);
    const username = uniqueName();
    await change(token, { username, email: `${username}@example.com` }).expect(200);
    const { username: oldName, email } = user;
    await authCalls(server).signUp({ username: oldName, email, password: PASSWORD }).expect(201);
  });

  test('changing only the case of the own username and email is no conflict', async () => {
    const { user, token } = await signUp(server);
    const username = user.username.toUpperCase();
    const { body } = await change(token, { username, email: user.email.toUpperCase() }).expect(200);
    expect(body).toMatchObject({ username, email: user.email });
  });

  test('a username or email of another account is rejected in any case, and nothing changes', async () => {
    const { user: other } = await signUp(server);
    const { user, token } = await signUp(server);
    const username = uniqueName();
    const taken = other.username.toUpperCase();
    expectProblem(
      await change(token, { username: taken, email: `${username}@example.com` }),
      'USERNAME_TAKEN',
    );
    expectProblem(await change(token, { username, email: other.email.toUpperCase() }), 'EMAIL_TAKEN');
    expect((await authCalls(server).me(token)).body).toEqual(user);
  });

  test('of two concurrent changes to one username, one succeeds', async () => {
    const tokens = [(await signUp(server)).token, (await signUp(server)).token];
    const username = uniqueName();
    const answers = await Promise.all(tokens.map((token) => change(token, { username })));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
  });

  test('a change without username and email is invalid', async () => {
    const { token } = await signUp(server);
    expectProblem(await change(token), 'VALIDATION_FAILED', ['username']);
    expectProblem(await change(token, {}), 'VALIDATION_FAILED', ['username']);
    expectProblem(await change(token, { password: 'not this way' }), 'VALIDATION_FAILED', ['username']);
  });

  test.each<[string, object, string[]]>([
    ['a short username', { username: 'x' }, ['username']],
    ['no email', { email: 'nobody' }, ['email']],
    ['an object for the username', { username: { $ne: null } }, ['username']],
    ['a list for the username', { username: ['somebody'] }, ['username']],
    ['an object for the email', { email: { $gt: '' } }, ['email']],
    ['null for both', { username: null, email: null }, ['username']],
    ['numbers for both', { username: 12345, email: 1 }, ['username', 'email']],
  ])('%s is invalid, and nothing changes', async (_what, changes, fields) => {
    const { user, token } = await signUp(server);
    expectProblem(await change(token, changes), 'VALIDATION_FAILED', fields);
    expect((await authCalls(server).me(token)).body).toEqual(user);
  });

  test('no other field of the account can be changed', async () => {
    const { user, token } = await signUp(server);
    const username = uniqueName();
    const forbidden = { id: 'other', createdAt: 'never', passwordHash: 'x', deleting: true };
    const { body } = await change(token, { username, ...forbidden }).expect(200);
    expect(body).toEqual({ ...user, username, updatedAt: TIMESTAMP });
    await logIn(server, user.email);
  });
});
