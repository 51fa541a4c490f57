import { randomUUID } from 'node:crypto';
import { pollUntil } from '../../testkit/waiting';
import { api, PASSWORD, signUp } from '../support/client';
import { logIn, loginIdOf } from '../support/logins';
import { mentions } from '../support/rawDatabase';
import { startTestServer, type TestServer, testDatabases } from '../support/testServer';
import { authCalls, expectProblem } from './support';

describe.each(testDatabases)('deleting the account, on %s', (_name, makeDatabase) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ database: makeDatabase() });
  });

  const deleteAccount = (token: string, body?: object) => api(server, token).delete('/api/auth/me', body);

  /** A user with two logins, and a session with messages; `traces` must not be in the database after the deletion. */
  async function userWithData() {
    const { user, token } = await signUp(server);
    const second = await logIn(server, user.email);
    const [sessionId, content] = [randomUUID(), `said by ${user.username}`];
    const path = `/api/sessions/${sessionId}/messages`;
    const { body } = await api(server, token).post(path, { content }).expect(201);
    const ids = [user.id, sessionId, body.message.messageId, body.reply.messageId];
    const logins = await Promise.all([token, second.token].map((each) => loginIdOf(server, each)));
    return { user, token, second, traces: [...ids, ...logins, user.username, user.email, content] };
  }

  test('removes all its data from the database, and no data of others', async () => {
    const { token, traces } = await userWithData();
    const other = await userWithData();
    const before = await mentions(server.database, ...other.traces);
    for (const trace of traces) expect(await mentions(server.database, trace)).not.toEqual([]);
    const { text } = await deleteAccount(token, { password: PASSWORD }).expect(204);
    expect(text).toBe('');
    // What belonged to the account is removed in the background.
    await pollUntil(
      () => mentions(server.database, ...traces),
      (found) => found.length === 0,
    );
    expect(await mentions(server.database, ...other.traces)).toEqual(before);
  });

  test('revokes all its logins, and its username and email become available', async () => {
    const { user, token, second } = await userWithData();
    await deleteAccount(token, { password: PASSWORD }).expect(204);
    const { me, refresh, logIn: tryLogIn, signUp: signUpWith } = authCalls(server);
    expectProblem(await me(token), 'UNAUTHENTICATED');
    expectProblem(await me(second.token), 'UNAUTHENTICATED');
    expectProblem(await refresh(second.refreshToken), 'UNAUTHENTICATED');
    expectProblem(await tryLogIn(user.email, PASSWORD), 'INVALID_CREDENTIALS');
    expectProblem(await deleteAccount(token, { password: PASSWORD }), 'UNAUTHENTICATED');
    const { username, email } = user;
    const { body } = await signUpWith({ username, email, password: PASSWORD }).expect(201);
    expect(body.user.id).not.toBe(user.id);
    const sessions = await api(server, body.token).get('/api/sessions').expect(200);
    expect(sessions.body.sessions).toEqual([]);
  });

  test('with a wrong password is rejected and deletes nothing', async () => {
    const { token, traces } = await userWithData();
    const before = await mentions(server.database, ...traces);
    expectProblem(await deleteAccount(token, { password: `${PASSWORD}!` }), 'INVALID_CREDENTIALS');
    for (const body of [undefined, {}, { password: null }, { password: { $ne: '' } }]) {
      expectProblem(await deleteAccount(token, body), 'VALIDATION_FAILED', ['password']);
    }
    expect(await mentions(server.database, ...traces)).toEqual(before);
  });

  test('concurrent deletions succeed, or fail because the account is deleted already', async () => {
    const { token, traces } = await userWithData();
    const answers = await Promise.all([1, 2, 3].map(() => deleteAccount(token, { password: PASSWORD })));
    expect(answers.map(({ status }) => status)).toContain(204);
    for (const answer of answers) if (answer.status !== 204) expectProblem(answer, 'UNAUTHENTICATED');
    // What belonged to the account is removed in the background.
    await pollUntil(
      () => mentions(server.database, ...traces),
      (found) => found.length === 0,
    );
  });
});
