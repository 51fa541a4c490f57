import { randomUUID } from 'node:crypto';
import { api, connect, signUp } from '../support/client';
import { join, send } from '../support/socketCalls';
import { startTestServer, type TestServer, testDatabases } from '../support/testServer';

describe.each(testDatabases)('a UUID is the same in capitals, on %s', (_name, makeDatabase) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ database: makeDatabase() });
  });

  test('over REST and sockets, as some platforms write them so', async () => {
    const { token } = await signUp(server);
    const { get, post } = api(server, token);
    const id = randomUUID();
    await post('/api/sessions', { id }).expect(201);
    await post('/api/sessions', { id: id.toUpperCase() }).expect(200);
    const { body: read } = await get(`/api/sessions/${id.toUpperCase()}`).expect(200);
    expect(read).toMatchObject({ id });
    const socket = await connect(server, token);
    expect((await join(socket, id.toUpperCase())).session.id).toBe(id);
    expect((await send(socket, id.toUpperCase(), 'Hello')).sessionId).toBe(id);
  });

  test('so one that somebody has is nobody else’s in another case', async () => {
    const id = randomUUID();
    const [ada, bob] = [await signUp(server), await signUp(server)];
    await api(server, ada.token).post('/api/sessions', { id }).expect(201);
    await api(server, bob.token).post('/api/sessions', { id: id.toUpperCase() }).expect(404);
  });
});
