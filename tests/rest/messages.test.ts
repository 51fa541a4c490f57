import { randomUUID } from 'node:crypto';
import { times } from '../../testkit/builders';
import { api, signUp } from '../support/client';
import { startTestServer, type TestServer, testDatabases } from '../support/testServer';
import { TIMESTAMP, UUID } from './support';

describe.each(testDatabases)('sending over REST, on %s', (_name, makeDatabase) => {
  let server: TestServer;
  let calls: ReturnType<typeof api>;
  beforeAll(async () => {
    server = await startTestServer({ database: makeDatabase() });
    const { token } = await signUp(server);
    calls = api(server, token);
  });

  const messagesOf = (sessionId: string) => `/api/sessions/${sessionId}/messages`;

  test('stores the message and its reply', async () => {
    const { body: session } = await calls.post('/api/sessions').expect(201);
    const { body } = await calls.post(messagesOf(session.id), { content: 'Hello' }).expect(201);
    const shared = { messageId: UUID, sessionId: session.id, content: 'Hello', timestamp: TIMESTAMP };
    expect(body).toEqual({
      message: { ...shared, seq: 1, sender: 'user' },
      reply: { ...shared, seq: 2, sender: 'server', replyTo: body.message.messageId },
    });
    const { body: page } = await calls.get(messagesOf(session.id)).expect(200);
    expect(page).toEqual({ messages: [body.message, body.reply], hasMore: false });
    const { body: after } = await calls.get(`/api/sessions/${session.id}`).expect(200);
    expect(after).toMatchObject({ name: 'Hello', lastSeq: 2, lastMessageAt: body.reply.timestamp });
  });

  test('assigns ids that sort in the order of storage', async () => {
    const { body: session } = await calls.post('/api/sessions').expect(201);
    for (const content of ['one', 'two']) await calls.post(messagesOf(session.id), { content }).expect(201);
    const { body } = await calls.get(messagesOf(session.id)).expect(200);
    const ids = body.messages.map(({ messageId }: { messageId: string }) => messageId);
    expect(ids).toHaveLength(4);
    expect(ids.toSorted()).toEqual(ids);
  });

  test('to an unused session id creates the session', async () => {
    const sessionId = randomUUID();
    await calls.post(messagesOf(sessionId), { content: 'Hello' }).expect(201);
    const { body } = await calls.get(`/api/sessions/${sessionId}`).expect(200);
    expect(body).toMatchObject({ id: sessionId, name: 'Hello', lastSeq: 2 });
  });

  test('names a session after the first 60 characters of its first message, unless it has a name', async () => {
    const { body: nameless } = await calls.post('/api/sessions').expect(201);
    await calls.post(messagesOf(nameless.id), { content: '😀'.repeat(61) }).expect(201);
    await calls.post(messagesOf(nameless.id), { content: 'second' }).expect(201);
    const { body: named } = await calls.get(`/api/sessions/${nameless.id}`).expect(200);
    expect(named.name).toBe('😀'.repeat(60));

    const { body: own } = await calls.post('/api/sessions', { name: 'my own' }).expect(201);
    await calls.post(messagesOf(own.id), { content: 'Hello' }).expect(201);
    expect((await calls.get(`/api/sessions/${own.id}`).expect(200)).body.name).toBe('my own');
  });

  test('a repeated clientMessageId returns the first result and stores nothing', async () => {
    const path = messagesOf(randomUUID());
    const clientMessageId = 'mine-1';
    const { body: first } = await calls.post(path, { content: 'Hello', clientMessageId }).expect(201);
    expect(first.message.clientMessageId).toBe(clientMessageId);
    const { body: again } = await calls.post(path, { content: 'Hello', clientMessageId }).expect(200);
    expect(again).toEqual(first);
    const { body: other } = await calls.post(path, { content: 'changed', clientMessageId }).expect(200);
    expect(other).toEqual(first);
    const { body: page } = await calls.get(path).expect(200);
    expect(page.messages).toEqual([first.message, first.reply]);
  });

  test('the same clientMessageId in two sessions stores two messages', async () => {
    const send = (sessionId: string) =>
      calls.post(messagesOf(sessionId), { content: 'Hello', clientMessageId: 'one' }).expect(201);
    const [one, other] = await Promise.all([send(randomUUID()), send(randomUUID())]);
    expect(one.body.message.messageId).not.toBe(other.body.message.messageId);
  });

  test('10 concurrent requests with one clientMessageId store one message', async () => {
    const path = messagesOf(randomUUID());
    const sendings = times(10, () => calls.post(path, { content: 'Hello', clientMessageId: 'one' }));
    const answers = await Promise.all(sendings);
    expect(answers.map(({ status }) => status).sort()).toEqual([...times(9, () => 200), 201]);
    expect(new Set(answers.map(({ body }) => body.message.messageId)).size).toBe(1);
    expect((await calls.get(path).expect(200)).body.messages).toHaveLength(2);
  });

  test('20 concurrent messages get the numbers 1 to 40, each followed by its reply', async () => {
    const path = messagesOf(randomUUID());
    await Promise.all(times(20, (index) => calls.post(path, { content: `message ${index}` }).expect(201)));
    const { body } = await calls.get(path).expect(200);
    expect(body.messages.map(({ seq }: { seq: number }) => seq)).toEqual(times(40, (index) => index + 1));
    const contents: string[] = body.messages.map(({ content }: { content: string }) => content);
    expect(new Set(contents).size).toBe(20);
    for (const index of times(20, (each) => each * 2)) expect(contents[index + 1]).toBe(contents[index]);
  });
});
