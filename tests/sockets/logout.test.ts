import { randomUUID } from 'node:crypto';
import { api, connect, newSocket, PASSWORD, record, signUp } from '../support/client';
import { connectRaw } from '../support/rawConnection';
import { disconnection, join, refusalOf, send } from '../support/socketCalls';
import { startTestServer, type TestServer, testDatabases } from '../support/testServer';

describe.each(testDatabases)('logout, on %s', (_name, makeDatabase) => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer({ database: makeDatabase() });
  });

  async function userWithTwoLogins() {
    const { user, token } = await signUp(server);
    const credentials = { email: user.email, password: PASSWORD };
    const { body } = await api(server, '').post('/api/auth/login', credentials).expect(200);
    return { ended: token, kept: String(body.token) };
  }

  test('disconnects all sockets of the login, and they can’t come back', async () => {
    const { token } = await signUp(server);
    const sockets = await Promise.all([
      connect(server, token),
      connect(server, token),
      connect(server, token, { transports: ['polling'] }),
    ]);
    const ends = Promise.all(sockets.map(disconnection));
    await api(server, token).post('/api/auth/logout').expect(204);
    expect(await ends).toEqual(Array(3).fill('io server disconnect'));
    for (const socket of sockets) {
      expect((await refusalOf(socket)).data).toEqual({ code: 'UNAUTHENTICATED' });
    }
  });

  test('closes the connections, not the sockets alone', async () => {
    const { token } = await signUp(server);
    const raw = await connectRaw(server, token);
    await api(server, token).post('/api/auth/logout').expect(204);
    await raw.closed;
  });

  test('leaves the user’s other login', async () => {
    const { ended, kept } = await userWithTwoLogins();
    const sessionId = randomUUID();
    const [gone, staying] = await Promise.all([connect(server, ended), connect(server, kept)]);
    await Promise.all([join(gone, sessionId), join(staying, sessionId)]);
    const heard = { gone: record(gone, 'message'), staying: record(staying, 'message') };
    const end = disconnection(gone);
    await api(server, ended).post('/api/auth/logout').expect(204);
    await end;
    await send(staying, sessionId, 'still here');
    expect(await heard.staying.atLeast(1)).toMatchObject([{ content: 'still here' }]);
    expect(heard.gone.seen).toEqual([]);
    expect((await connect(server, kept)).connected).toBe(true);
    expect((await refusalOf(newSocket(server, ended))).data).toEqual({ code: 'UNAUTHENTICATED' });
  });
});
