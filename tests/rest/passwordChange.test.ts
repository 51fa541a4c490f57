import { hashSync } from 'bcryptjs';
import { times } from '../../testkit/builders';
import { api, PASSWORD, signUp } from '../support/client';
import { logIn, twoLogins } from '../support/logins';
import { inDatabase } from '../support/rawDatabase';
import { startTestServer, type TestServer, testDatabases } from '../support/testServer';
import { digestOf } from './digest';
import { authCalls, expectProblem } from './support';

const NEW_PASSWORD = 'staple horse correct';

describe.each(testDatabases)('changing the password, on %s', (_name, makeDatabase) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ database: makeDatabase(), config: { bcryptRounds: 6 } });
  });

  const change = (token: string, fields: object = {}) =>
    api(server, token).put('/api/auth/password', {
      currentPassword: PASSWORD,
      newPassword: NEW_PASSWORD,
      ...fields,
    });

  test('the new password logs in, the old one doesn’t', async () => {
    const { user, token } = await signUp(server);
    const { text } = await change(token).expect(204);
    expect(text).toBe('');
    expectProblem(await authCalls(server).logIn(user.email, PASSWORD), 'INVALID_CREDENTIALS');
    await logIn(server, user.email, NEW_PASSWORD);
  });

  test('revokes the other logins with their refresh tokens, and not this one', async () => {
    const [other, current] = await twoLogins(server);
    const third = await logIn(server, current.user.email);
    const { me, refresh } = authCalls(server);
    await change(current.token).expect(204);
    for (const ended of [other, third]) {
      expectProblem(await me(ended.token), 'UNAUTHENTICATED');
      expectProblem(await refresh(ended.refreshToken), 'UNAUTHENTICATED');
    }
    await me(current.token).expect(200);
    await refresh(current.refreshToken).expect(200);
  });

  test('a wrong current password is rejected, and nothing changes', async () => {
    const [other, current] = await twoLogins(server);
    const answer = await change(current.token, { currentPassword: NEW_PASSWORD });
    expectProblem(answer, 'INVALID_CREDENTIALS');
    await authCalls(server).me(other.token).expect(200);
    await logIn(server, current.user.email);
  });

  test.each<[string, object, string[]]>([
    ['no fields', { currentPassword: undefined, newPassword: undefined }, ['currentPassword', 'newPassword']],
    ['a short new one', { newPassword: 'zq7-kv2' }, ['newPassword']],
    ['a common new one', { newPassword: 'Password1' }, ['newPassword']],
    ['an object for the current one', { currentPassword: { $ne: '' } }, ['currentPassword']],
    ['a list for the new one', { newPassword: [NEW_PASSWORD] }, ['newPassword']],
  ])('%s: invalid', async (_what, fields, wrong) => {
    const { token, user } = await signUp(server);
    expectProblem(await change(token, fields), 'VALIDATION_FAILED', wrong);
    await logIn(server, user.email);
  });

  /** Waits longer each round, so that the next request meets the change at each of its steps. */
  async function wait(round: number, token: string): Promise<void> {
    for (let call = 0; call < round; call += 1) await authCalls(server).me(token).expect(200);
  }

  test('no concurrent login with the old password survives', async () => {
    for (const round of times(4, (index) => index)) {
      const { user, token } = await signUp(server);
      const changed = change(token).then(({ status }) => expect(status).toBe(204));
      await wait(round, token);
      const logins = times(3, () => authCalls(server).logIn(user.email, PASSWORD));
      const [, ...answers] = await Promise.all([changed, ...logins]);
      for (const { status, body } of answers) {
        if (status === 200) expectProblem(await authCalls(server).me(body.token), 'UNAUTHENTICATED');
      }
      await authCalls(server).me(token).expect(200);
    }
  });

  test('of two concurrent changes from the same password, one succeeds and the other is rejected', async () => {
    for (const _round of times(3, () => null)) {
      const logins = await twoLogins(server);
      const passwords = [NEW_PASSWORD, 'horse staple correct'] as const;
      const changes = logins.map(({ token }, index) => change(token, { newPassword: passwords[index] }));
      const answers = await Promise.all(changes);
      const counts = answers.map(({ status }) => status === 204);
      expect(counts.filter(Boolean)).toHaveLength(1);
      await logIn(server, logins[0].user.email, passwords[counts[0] ? 0 : 1]);
    }
  });

  test('is not undone by a concurrent login that renews the hash of the old password', async () => {
    for (const round of times(4, (index) => index)) {
      const { user, token } = await signUp(server);
      const cheap = hashSync(digestOf(PASSWORD), 4);
      await inDatabase(server.database, (raw) => raw.setPasswordHash(user.id, cheap));
      const changed = change(token).then(({ status }) => expect(status).toBe(204));
      await wait(round, token);
      const logins = times(3, () => authCalls(server).logIn(user.email, PASSWORD));
      await Promise.all([changed, ...logins]);
      await logIn(server, user.email, NEW_PASSWORD);
      expectProblem(await authCalls(server).logIn(user.email, PASSWORD), 'INVALID_CREDENTIALS');
    }
  });
});
