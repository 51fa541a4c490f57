import { randomUUID } from 'node:crypto';
import { io } from 'socket.io-client';
import request from '../support/documents/request';
import { documented } from '../support/documents/socket';
import { startTestServer, testDatabases } from '../support/testServer';

/** A client that knows nothing but the document the project was started from. */
describe.each(testDatabases)('a client written from the original document, on %s', (_name, makeDatabase) => {
  test('signs up, connects, makes up a session, sends without an ack and hears the echo', async () => {
    const { url } = await startTestServer({ database: makeDatabase() });
    const account = { username: 'johndoe', email: 'john@example.com', password: 'securepassword123' };
    await request(url).post('/api/auth/signup').send(account).expect(201);
    const login = await request(url)
      .post('/api/auth/login')
      .send({ email: account.email, password: account.password })
      .expect(200);
    const { token } = login.body;

    const sessionId = randomUUID();
    const socket = documented(io(url, { auth: { token } }));
    const echo = await new Promise((resolve, reject) => {
      socket.on('message', resolve);
      socket.on('error', reject);
      socket.on('connect_error', reject);
      socket.emit('message', { sessionId, content: 'Hello, server!' });
    });
    expect(echo).toMatchObject({
      sessionId,
      content: 'Hello, server!',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      messageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    socket.disconnect();

    const authorization = { Authorization: `Bearer ${token}` };
    const { body: list } = await request(url).get('/api/sessions').set(authorization).expect(200);
    expect(list.sessions).toMatchObject([{ id: sessionId, name: 'Hello, server!', lastSeq: 2 }]);
    const { body: history } = await request(url)
      .get(`/api/sessions/${sessionId}/messages`)
      .set(authorization)
      .expect(200);
    expect(history.messages).toMatchObject([
      { sender: 'user', content: 'Hello, server!' },
      { sender: 'server', content: 'Hello, server!' },
    ]);
    await request(url).post('/api/auth/logout').set(authorization).expect(204);
    await request(url).get('/api/sessions').set(authorization).expect(401);
  });
});
