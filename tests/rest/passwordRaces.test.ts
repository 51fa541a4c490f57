import { availableParallelism } from 'node:os';
import { ChatError } from '../../src/domain/errors';
import { times } from '../../testkit/builders';
import { api, PASSWORD, signUp } from '../support/client';
import request from '../support/documents/request';
import { HeldStore } from '../support/heldStore';
import { logIn, twoLogins } from '../support/logins';
import { startTestServer, type TestServer, testDatabases } from '../support/testServer';
import { authCalls, expectProblem } from './support';

const NEW_PASSWORD = 'staple horse correct';
/** What one address may try in a minute; ten times that are the wrong passwords that one account may get. */
const PER_ADDRESS = 2;
const PER_ACCOUNT = 20;
/** More than the server compares and keeps waiting at once: if it compared them all, it would refuse some as UNAVAILABLE. */
const GUESSES = PER_ACCOUNT + 64 + availableParallelism() + 20;

test('of many wrong passwords at once exactly as many are compared as the account may get', async () => {
  const store = new HeldStore();
  const server = await startTestServer({
    config: { authRatePerMinute: PER_ADDRESS, trustProxy: 1 },
    wrapStore: store.wrap,
  });
  const { user } = await signUp(server);
  // All are let go in one turn of the event loop, in which nothing of the limit comes back.
  const lookUps = times(GUESSES, () => store.hold('findUserByEmail', 'result'));
  const guesses = times(GUESSES, (index) =>
    request(server.url)
      .post('/api/auth/login')
      .set('X-Forwarded-For', `198.51.100.${index}`)
      .send({ email: user.email, password: 'a guess' }),
  );
  const answers = Promise.all(guesses);
  await Promise.all(lookUps.map(({ reached }) => reached));
  for (const { release } of lookUps) release();
  const codes = (await answers).map(({ body }) => body.code);
  expect(codes.toSorted()).toEqual([
    ...times(PER_ACCOUNT, () => 'INVALID_CREDENTIALS'),
    ...times(GUESSES - PER_ACCOUNT, () => 'RATE_LIMITED'),
  ]);
});

describe.each(testDatabases)(
  'a change of the password ends the other logins, on %s',
  (_name, makeDatabase) => {
    const store = new HeldStore();
    let server: TestServer;
    beforeAll(async () => {
      server = await startTestServer({ database: makeDatabase(), wrapStore: store.wrap });
    });

    const change = (token: string) =>
      api(server, token).put('/api/auth/password', { currentPassword: PASSWORD, newPassword: NEW_PASSWORD });

    test('even if the database goes away before the new password is stored', async () => {
      const [other, current] = await twoLogins(server);
      store.failNext('updateUser', new ChatError('UNAVAILABLE'));
      expectProblem(await change(current.token), 'UNAVAILABLE');
      expectProblem(await authCalls(server).me(other.token), 'UNAUTHENTICATED');
      await authCalls(server).me(current.token).expect(200);
    });

    test('also one that is made with the old password just before the new one is stored', async () => {
      const { token, user } = await signUp(server);
      const update = store.hold('updateUser', 'call');
      const changed = change(token).then(({ status }) => status);
      await update.reached;
      const other = await logIn(server, user.email);
      update.release();
      expect(await changed).toBe(204);
      expectProblem(await authCalls(server).me(other.token), 'UNAUTHENTICATED');
      await authCalls(server).me(token).expect(200);
    });
  },
);
