import type { ChatStore } from '../../src/stores/chatStore';
import { times } from '../../testkit/builders';
import { connect, PASSWORD, signUp } from '../support/client';
import { HeldStore } from '../support/heldStore';
import { askAnything, successOf } from '../support/socketCalls';
import { startTestServer, type TestServer, testDatabases } from '../support/testServer';
import { authCalls, expectProblem, movableClock } from './support';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe.each(testDatabases)('refreshing, on %s', (_name, makeDatabase) => {
  const { clock, advance } = movableClock();
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ database: makeDatabase(), parts: { clock } });
  });

  async function logIn() {
    return { ...authCalls(server), login: await signUp(server) };
  }

  test('returns the next pair of tokens, which returns the next', async () => {
    const { login, refresh, me } = await logIn();
    advance(1_000);
    const second = await refresh(login.refreshToken).expect(200);
    expect(second.body).toEqual({
      user: login.user,
      token: expect.any(String),
      expiresAt: new Date(Date.parse(login.expiresAt) + 1_000).toISOString(),
      refreshToken: expect.any(String),
    });
    expect(second.body.refreshToken).not.toBe(login.refreshToken);
    const third = await refresh(second.body.refreshToken).expect(200);
    expect([login.refreshToken, second.body.refreshToken]).not.toContain(third.body.refreshToken);
    await me(third.body.token).expect(200);
  });

  test('returns the same pair again until it is used, however late, and after a restart', async () => {
    const { login, refresh, me } = await logIn();
    const { body: first } = await refresh(login.refreshToken).expect(200);
    // The old access token proves nothing about the new pair.
    await me(login.token).expect(200);
    advance(20 * DAY);
    await server.restart();
    const { body: again } = await refresh(login.refreshToken).expect(200);
    expect(again.refreshToken).toBe(first.refreshToken);
    await me(again.token).expect(200);
    await refresh(first.refreshToken).expect(200);
  });

  test.each(['a request', 'a socket', 'the event authenticate'])(
    'returns the same pair again for 10 s after %s has used it',
    async (how) => {
      const { login, refresh, me } = await logIn();
      const open = how === 'the event authenticate' ? await connect(server, login.token) : null;
      const { body: next } = await refresh(login.refreshToken).expect(200);
      advance(20_000);
      if (how === 'a request') await me(next.token).expect(200);
      else if (open) successOf(await askAnything(open, 'authenticate', next.token));
      else await connect(server, next.token);
      advance(10_000);
      const { body: again } = await refresh(login.refreshToken).expect(200);
      expect(again.refreshToken).toBe(next.refreshToken);
      await me(again.token).expect(200);
      // Only the first use counts.
      advance(1);
      expectProblem(await refresh(login.refreshToken), 'TOKEN_REUSED');
      expectProblem(await me(again.token), 'UNAUTHENTICATED');
    },
  );

  test('a repeat more than 10 s after the first use of the next pair is TOKEN_REUSED and revokes the login', async () => {
    const { login, refresh, me, logIn: logInAgain } = await logIn();
    const { body: other } = await logInAgain(login.user.email, PASSWORD).expect(200);
    const { body: next } = await refresh(login.refreshToken).expect(200);
    await me(next.token).expect(200);
    advance(10_001);
    expectProblem(await refresh(login.refreshToken), 'TOKEN_REUSED');
    expectProblem(await refresh(next.refreshToken), 'UNAUTHENTICATED');
    expectProblem(await me(next.token), 'UNAUTHENTICATED');
    expectProblem(await me(login.token), 'UNAUTHENTICATED');
    await me(other.token).expect(200);
  });

  test('the response to each of several refreshes can be lost', async () => {
    const { login, refresh, me } = await logIn();
    let { refreshToken } = login;
    for (let count = 0; count < 3; count += 1) {
      await refresh(refreshToken).expect(200);
      advance(HOUR);
      const { body } = await refresh(refreshToken).expect(200);
      ({ refreshToken } = body);
      await me(body.token).expect(200);
    }
  });

  test('the first use is stored once, without delaying it, and by the next use if that fails', async () => {
    const held = new HeldStore();
    let confirmations = 0;
    const counted = (store: ChatStore): ChatStore =>
      new Proxy(held.wrap(store), {
        get(target, name) {
          if (name === 'confirmLogin') confirmations += 1;
          return Reflect.get(target, name);
        },
      });
    const counting = await startTestServer({ database: makeDatabase(), wrapStore: counted });
    const { refresh, me } = authCalls(counting);
    const login = await signUp(counting);
    const useOften = async (token: string) => {
      const answers = await Promise.all(times(20, () => me(token)));
      expect(answers.map(({ status }) => status)).toEqual(times(20, () => 200));
    };
    await useOften(login.token);
    expect(confirmations).toBe(0);

    const { body: next } = await refresh(login.refreshToken).expect(200);
    held.failNext('confirmLogin', new Error('the disk is full'));
    await me(next.token).expect(200);
    const slow = held.hold('confirmLogin', 'call');
    await useOften(next.token);
    expect(confirmations).toBe(2);
    slow.release();
    // Waits for the confirmation.
    await refresh(login.refreshToken).expect(200);
    await useOften(next.token);
    expect(confirmations).toBe(2);
  });

  test('a token older than the last exchange is TOKEN_REUSED immediately', async () => {
    const { login, refresh, me } = await logIn();
    const { body: second } = await refresh(login.refreshToken).expect(200);
    const { body: third } = await refresh(second.refreshToken).expect(200);
    expectProblem(await refresh(login.refreshToken), 'TOKEN_REUSED');
    expectProblem(await me(third.token), 'UNAUTHENTICATED');
  });

  test('20 concurrent exchanges of one token return the same pair', async () => {
    const { login, refresh } = await logIn();
    const answers = await Promise.all(times(20, () => refresh(login.refreshToken)));
    expect(answers.map(({ status }) => status)).toEqual(times(20, () => 200));
    expect(new Set(answers.map(({ body }) => body.refreshToken)).size).toBe(1);
  });

  test('works after the access token has expired, until the refresh token expires', async () => {
    const { login, refresh, me } = await logIn();
    advance(HOUR);
    expectProblem(await me(login.token), 'TOKEN_EXPIRED');
    const { body: next } = await refresh(login.refreshToken).expect(200);
    await me(next.token).expect(200);
    advance(30 * DAY - 1_000);
    const { body: last } = await refresh(next.refreshToken).expect(200);
    advance(30 * DAY);
    expectProblem(await refresh(last.refreshToken), 'TOKEN_EXPIRED');
  });
});
