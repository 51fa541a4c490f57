import { hashSync } from 'bcryptjs';
import { uniqueName } from '../../testkit/builders';
import { api, PASSWORD, signUp } from '../support/client';
import { logIn } from '../support/logins';
import { inDatabase, mentions } from '../support/rawDatabase';
import { startTestServer, type TestServer, testDatabases } from '../support/testServer';
import { digestOf } from './digest';
import { authCalls, expectProblem } from './support';

describe('a password', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });

  test.each(['password', '12345678', 'PASSWORD1', 'QwertyUIOP', 'iloveyou', 'Football'])(
    'that is common is rejected: %s',
    async (password) => {
      const username = uniqueName();
      const email = `${username}@example.com`;
      const answer = await authCalls(server).signUp({ username, email, password });
      expectProblem(answer, 'VALIDATION_FAILED', ['password']);
    },
  );

  test('may contain a common one', async () => {
    const username = uniqueName();
    const input = { username, email: `${username}@example.com`, password: 'password is not password1' };
    await authCalls(server).signUp(input).expect(201);
  });

  test.each([72, 100, 127])('is compared in every byte: the one at %i', async (index) => {
    const username = uniqueName();
    const email = `${username}@example.com`;
    const password = 'é'.repeat(64) + 'x'.repeat(64);
    await authCalls(server).signUp({ username, email, password }).expect(201);
    const wrong = `${password.slice(0, index)}y${password.slice(index + 1)}`;
    expectProblem(await authCalls(server).logIn(email, wrong), 'INVALID_CREDENTIALS');
    await logIn(server, email, password);
  });
});

describe.each(testDatabases)('a password in another form of Unicode, on %s', (_name, makeDatabase) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ database: makeDatabase(), config: { bcryptRounds: 4 } });
  });

  const FORMS = ['NFC', 'NFD', 'NFKC', 'NFKD'] as const;
  const ZURICH = 'Zürich-Käse № ①';

  test.each(FORMS)('logs in, whatever the form at the sign-up: %s', async (form) => {
    const username = uniqueName();
    const email = `${username}@example.com`;
    await authCalls(server)
      .signUp({ username, email, password: ZURICH.normalize(form) })
      .expect(201);
    for (const other of FORMS) await logIn(server, email, ZURICH.normalize(other));
    expectProblem(await authCalls(server).logIn(email, 'Zurich-Kase № ①'), 'INVALID_CREDENTIALS');
  });

  test('confirms changes, and is what a changed one is compared with', async () => {
    const { user, token } = await signUp(server);
    const put = (currentPassword: string, newPassword: string) =>
      api(server, token).put('/api/auth/password', { currentPassword, newPassword });
    await put(PASSWORD, ZURICH.normalize('NFD')).expect(204);
    await put(ZURICH.normalize('NFC'), ZURICH.normalize('NFKD')).expect(204);
    await logIn(server, user.email, ZURICH);
    await api(server, token)
      .delete('/api/auth/me', { password: ZURICH.normalize('NFD') })
      .expect(204);
  });

  test.each(['NFC', 'NFD'] as const)(
    'logs in with a hash of an earlier version, of the password in %s, and gets a new one',
    async (form) => {
      const { user, token } = await signUp(server);
      const typed = ZURICH.normalize(form);
      const setHash = (password: string) =>
        inDatabase(server.database, (raw) => raw.setPasswordHash(user.id, hashSync(digestOf(password), 4)));
      await setHash(typed);
      expectProblem(await authCalls(server).logIn(user.email, `${typed}!`), 'INVALID_CREDENTIALS');
      await logIn(server, user.email, typed);
      for (const other of FORMS) await logIn(server, user.email, ZURICH.normalize(other));
      await setHash(typed);
      const change = { currentPassword: typed, newPassword: 'another password' };
      await api(server, token).put('/api/auth/password', change).expect(204);
      await logIn(server, user.email, 'another password');
    },
  );
});

describe.each(testDatabases)('the hash of a password, on %s', (_name, makeDatabase) => {
  const hashOf = async (server: TestServer, userId: string) => {
    const rows = await mentions(server.database, userId);
    return rows
      .map((row) => /\$2b\$\d\d\$[./A-Za-z0-9]{53}/.exec(row)?.[0])
      .find((hash) => hash !== undefined);
  };

  test('is renewed at the next login if its cost is lower, and the account doesn’t change', async () => {
    const server = await startTestServer({ database: makeDatabase(), config: { bcryptRounds: 6 } });
    const { user, token } = await signUp(server);
    const cheap = hashSync(digestOf(PASSWORD), 4);
    await inDatabase(server.database, (raw) => raw.setPasswordHash(user.id, cheap));
    expectProblem(await authCalls(server).logIn(user.email, `${PASSWORD}!`), 'INVALID_CREDENTIALS');
    expect(await hashOf(server, user.id)).toBe(cheap);
    await logIn(server, user.email);
    const renewed = await hashOf(server, user.id);
    expect(renewed).toMatch(/^\$2b\$06\$/);
    await logIn(server, user.email);
    expect(await hashOf(server, user.id)).toBe(renewed);
    expect((await authCalls(server).me(token)).body).toEqual(user);
  });

  test('is kept if its cost is higher', async () => {
    const server = await startTestServer({ database: makeDatabase(), config: { bcryptRounds: 5 } });
    const { user } = await signUp(server);
    const dear = hashSync(digestOf(PASSWORD), 7);
    await inDatabase(server.database, (raw) => raw.setPasswordHash(user.id, dear));
    await logIn(server, user.email);
    expect(await hashOf(server, user.id)).toBe(dear);
  });
});
