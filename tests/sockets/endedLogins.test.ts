import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { authCalls, expectProblem } from '../rest/support';
import { api, connect, PASSWORD, record } from '../support/client';
import { loginIdOf, twoLogins } from '../support/logins';
import { measuresTimes } from '../support/measuredTimes';
import { disconnection, join, refusalOf, send } from '../support/socketCalls';
import { startTestServer, type TestServer, testDatabases } from '../support/testServer';

measuresTimes();

interface Tokens {
  /** Of the login that ends. */
  victim: string;
  victimRefresh: string;
  /** Of the user's other login. */
  other: string;
}

const NEW_PASSWORD = { currentPassword: PASSWORD, newPassword: 'staple horse correct' };

/** Each way in which a login ends, and whether the other one stays. */
const ENDS: readonly (readonly [
  string,
  boolean,
  (server: TestServer, tokens: Tokens) => Promise<unknown>,
])[] = [
  ['logout', true, (server, { victim }) => api(server, victim).post('/api/auth/logout').expect(204)],
  [
    'logout everywhere, from another device',
    false,
    (server, { other }) => api(server, other).post('/api/auth/logout-all').expect(204),
  ],
  [
    'another device that ends it',
    true,
    async (server, { victim, other }) => {
      const loginId = await loginIdOf(server, victim);
      await api(server, other).delete(`/api/auth/logins/${loginId}`).expect(204);
    },
  ],
  [
    'a change of the password, from another device',
    true,
    (server, { other }) => api(server, other).put('/api/auth/password', NEW_PASSWORD).expect(204),
  ],
  [
    'the deletion of the account, from another device',
    false,
    (server, { other }) => api(server, other).delete('/api/auth/me', { password: PASSWORD }).expect(204),
  ],
  [
    'a refresh token that is used once more, after its successor',
    true,
    async (server, { victimRefresh }) => {
      const { refresh } = authCalls(server);
      const { body } = await refresh(victimRefresh).expect(200);
      await refresh(body.refreshToken).expect(200);
      expectProblem(await refresh(victimRefresh), 'TOKEN_REUSED');
    },
  ],
];

describe.each(testDatabases)('guarantee 7: a login, on %s', (_name, makeDatabase) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ database: makeDatabase() });
  });

  test.each(ENDS)('that is ended by %s has no socket a second later', async (_how, otherStays, end) => {
    const [{ token: victim, refreshToken: victimRefresh }, { token: other }] = await twoLogins(server);
    const sockets = await Promise.all([
      connect(server, victim),
      connect(server, victim, { transports: ['polling'] }),
    ]);
    const lost = await connect(server, victim, { reconnection: false });
    const staying = await connect(server, other);
    const sessionId = randomUUID();
    await join(lost, sessionId);
    const heard = record(lost, 'message');
    await send(staying, sessionId, 'heard, so that it can be recovered from there');
    await heard.atLeast(2);
    const cut = disconnection(lost);
    lost.io.engine.close();
    await cut;

    const disconnected = Promise.all(sockets.map(disconnection));
    const otherEnd = otherStays ? null : disconnection(staying);
    const begin = performance.now();
    await end(server, { victim, victimRefresh, other });
    expect(await disconnected).toEqual(sockets.map(() => 'io server disconnect'));
    await otherEnd;
    expect(performance.now() - begin).toBeLessThan(1_000);

    for (const socket of [...sockets, lost]) {
      expect((await refusalOf(socket)).data).toEqual({ code: 'UNAUTHENTICATED' });
    }
    expect(heard.seen).toHaveLength(2);
    if (otherStays) await send(staying, sessionId, 'still here');
  });
});
