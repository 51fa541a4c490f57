import { times } from '../../testkit/builders';
import { PASSWORD, signUp } from '../support/client';
import { startTestServer, testDatabases } from '../support/testServer';
import { authCalls, expectProblem, movableClock } from './support';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe.each(testDatabases)('refreshing, on %s', (_name, makeDatabase) => {
  async function logIn() {
    const { clock, advance } = movableClock();
    const server = await startTestServer({ database: makeDatabase(), parts: { clock } });
    return { ...authCalls(server), advance, login: await signUp(server) };
  }

  test('returns the next pair of tokens, which returns the next', async () => {
    const { login, refresh, me, advance } = await logIn();
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

  test('returns the same pair again for 10 s', async () => {
    const { login, refresh, advance } = await logIn();
    const { body: first } = await refresh(login.refreshToken).expect(200);
    advance(10_000);
    const { body: again } = await refresh(login.refreshToken).expect(200);
    expect(again.refreshToken).toBe(first.refreshToken);
    await refresh(first.refreshToken).expect(200);
  });

  test('a repeat after more than 10 s is TOKEN_REUSED and revokes the login', async () => {
    const { login, refresh, me, logIn: logInAgain, advance } = await logIn();
    const { body: other } = await logInAgain(login.user.email, PASSWORD).expect(200);
    const { body: next } = await refresh(login.refreshToken).expect(200);
    advance(10_001);
    expectProblem(await refresh(login.refreshToken), 'TOKEN_REUSED');
    expectProblem(await refresh(next.refreshToken), 'UNAUTHENTICATED');
    expectProblem(await me(next.token), 'UNAUTHENTICATED');
    expectProblem(await me(login.token), 'UNAUTHENTICATED');
    await me(other.token).expect(200);
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
    const { login, refresh, me, advance } = await logIn();
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
