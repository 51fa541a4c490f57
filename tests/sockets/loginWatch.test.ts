import { randomUUID } from 'node:crypto';
import { times } from '../../testkit/builders';
import { api, connect, signUp } from '../support/client';
import { loginIdOf, twoLogins } from '../support/logins';
import { connectFrame, openRaw } from '../support/rawConnection';
import { inDatabase } from '../support/rawDatabase';
import { disconnection, refusalOf, send } from '../support/socketCalls';
import { startTestServer, type TestServer, testDatabases } from '../support/testServer';

describe.each(testDatabases)('the watch over logins, on %s', (_name, makeDatabase) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ database: makeDatabase(), parts: { waits: { loginCheckMs: 50 } } });
  });

  test('notices a login that another server has ended', async () => {
    const [ended, kept] = await twoLogins(server);
    const [gone, staying] = await Promise.all([connect(server, ended.token), connect(server, kept.token)]);
    const end = disconnection(gone);
    const loginId = await loginIdOf(server, ended.token);
    await inDatabase(server.database, (raw) => raw.deleteLogin(loginId));
    expect(await end).toBe('io server disconnect');
    expect((await refusalOf(gone)).data).toEqual({ code: 'UNAUTHENTICATED' });
    await send(staying, randomUUID(), 'still here');
  });

  test('notices logins of another server by the hundreds', async () => {
    const { token } = await signUp(server);
    const sockets = await Promise.all(times(60, () => connect(server, token)));
    const ends = Promise.all(sockets.map(disconnection));
    const loginId = await loginIdOf(server, token);
    await inDatabase(server.database, (raw) => raw.deleteLogin(loginId));
    expect(new Set(await ends)).toEqual(new Set(['io server disconnect']));
  });
});

describe.each(testDatabases)('a logout that races handshakes, on %s', (_name, makeDatabase) => {
  test('leaves no socket', async () => {
    const server = await startTestServer({ database: makeDatabase() });
    for (const round of times(15, (index) => index)) {
      const { token } = await signUp(server);
      const connections = await Promise.all(times(30, () => openRaw(server)));
      const ended = api(server, token)
        .post('/api/auth/logout')
        .then(({ status }) => expect(status).toBe(204));
      // One after the other, so that some meet the logout at each of its steps.
      for (const connection of connections) {
        connection.send(connectFrame({ token }));
        for (let turn = 0; turn <= round % 3; turn += 1) await new Promise(setImmediate);
      }
      await ended;
      await Promise.all(connections.map(({ closed }) => closed));
    }
  });
});
