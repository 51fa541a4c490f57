import { randomUUID } from 'node:crypto';
import { uniqueName } from '../../testkit/builders';
import { api, connect, signUp } from '../support/client';
import { ask, askAnything, join, send, successOf } from '../support/socketCalls';
import { startTestServer, type TestServer, testDatabases } from '../support/testServer';
import { expectProblem } from './support';

/** Many languages write a missing value as null, and send back the members of what they have read. */
describe.each(testDatabases)('null for an optional field is its absence, on %s', (_name, makeDatabase) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ database: makeDatabase() });
  });

  async function newUser() {
    const { user, token } = await signUp(server);
    return { user, token, ...api(server, token) };
  }

  test('in a new session', async () => {
    const { post } = await newUser();
    const { body: bare } = await post('/api/sessions', { id: null, name: null }).expect(201);
    expect(bare).toMatchObject({ id: expect.any(String), name: null });
    const { body: named } = await post('/api/sessions', { id: null, name: 'a name' }).expect(201);
    expect(named.name).toBe('a name');
  });

  test('in a change of the account, which needs one of its fields nevertheless', async () => {
    const { user, patch } = await newUser();
    const username = uniqueName();
    const { body: renamed } = await patch('/api/auth/me', { username, email: null }).expect(200);
    expect(renamed).toMatchObject({ username, email: user.email });
    const email = `${username}@example.net`;
    const { body: moved } = await patch('/api/auth/me', { username: null, email }).expect(200);
    expect(moved).toMatchObject({ username, email });
    const empty = await patch('/api/auth/me', { username: null, email: null });
    expectProblem(empty, 'VALIDATION_FAILED', ['username']);
    expectProblem(await patch('/api/auth/me', { username: null }), 'VALIDATION_FAILED', ['username']);
  });

  test('in a message, over REST and over a socket', async () => {
    const { token, post } = await newUser();
    const sessionId = randomUUID();
    const path = `/api/sessions/${sessionId}/messages`;
    const { body: first } = await post(path, { content: 'one', clientMessageId: null }).expect(201);
    const { body: second } = await post(path, { content: 'two', clientMessageId: null }).expect(201);
    const socket = await connect(server, token);
    const sending = { sessionId, content: 'three', clientMessageId: null };
    const third = await askAnything(socket, 'message', sending);
    expect(third).toMatchObject({ ok: true, message: { content: 'three' } });
    expect([first.message.seq, second.message.seq]).toEqual([1, 3]);
    expect(first.message).not.toHaveProperty('clientMessageId');
  });

  test('in the target of a join', async () => {
    const { token } = await newUser();
    const socket = await connect(server, token);
    const sessionId = randomUUID();
    await send(socket, sessionId, 'Hello');
    const joined = await askAnything(socket, 'join-session', { sessionId, after: null });
    expect(joined).toMatchObject({ ok: true, session: { id: sessionId } });
    expect(joined).not.toHaveProperty('messages');
  });
});

describe('fields that a route or an event doesn’t know are ignored', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });

  test('a session and a message that were read can be sent back', async () => {
    const { token } = await signUp(server);
    const { get, post, patch } = api(server, token);
    const { body: made } = await post('/api/sessions', {}).expect(201);
    const { body: repeated } = await post('/api/sessions', made).expect(200);
    expect(repeated).toEqual(made);

    const path = `/api/sessions/${made.id}`;
    const { body: sent } = await post(`${path}/messages`, { content: 'Hello' }).expect(201);
    await post(`${path}/messages`, sent.message).expect(201);
    const socket = await connect(server, token);
    const { message } = successOf(await ask(socket, sent.message));
    expect(message).toMatchObject({ content: 'Hello', seq: 5 });
    expect(message.messageId).not.toBe(sent.message.messageId);

    const { body: session } = await get(path).expect(200);
    const { body: renamed } = await patch(path, { ...session, name: 'a new name' }).expect(200);
    expect(renamed).toEqual({ ...session, name: 'a new name' });
    const joined = await join(socket, { ...session, sessionId: made.id });
    expect(joined.session).toEqual(renamed);
  });

  test('an account that was read can be sent back', async () => {
    const { user, token } = await signUp(server);
    const { body } = await api(server, token)
      .patch('/api/auth/me', { ...user, id: randomUUID(), passwordHash: 'x' })
      .expect(200);
    expect(body).toEqual({ ...user, updatedAt: expect.any(String) });
  });

  test('an unknown parameter of a query', async () => {
    const { token } = await signUp(server);
    await api(server, token).get('/api/sessions?sort=name&limit=1&_=1').expect(200);
  });
});
