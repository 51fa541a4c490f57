import { randomUUID } from 'node:crypto';
import type { Message } from '../../src/domain/message';
import { times } from '../../testkit/builders';
import { api, connect, record, signUp } from '../support/client';
import { ask, join, send, successOf } from '../support/socketCalls';
import { startTestServer, type TestServer, testDatabases } from '../support/testServer';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describe.each(testDatabases)('message, on %s', (_name, makeDatabase) => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer({ database: makeDatabase() });
  });

  async function newDevice() {
    const { token } = await signUp(server);
    return { token, socket: await connect(server, token), sessionId: randomUUID() };
  }

  test('is acknowledged with what was stored', async () => {
    const { socket, sessionId } = await newDevice();
    const clientMessageId = 'from the phone: 1';
    const answer = await ask(socket, { sessionId, content: 'Hello', clientMessageId });
    const message = {
      messageId: expect.stringMatching(UUID_V7),
      sessionId,
      seq: 1,
      sender: 'user',
      content: 'Hello',
      timestamp: expect.stringMatching(TIME),
      clientMessageId,
    };
    expect(answer).toEqual({ ok: true, message });
  });

  test('without a clientMessageId has none', async () => {
    const { socket, sessionId } = await newDevice();
    expect(await send(socket, sessionId, 'Hello')).not.toHaveProperty('clientMessageId');
  });

  test('is echoed with a message of exactly this shape', async () => {
    const { token, socket, sessionId } = await newDevice();
    const heard = record(socket, 'message');
    const { messageId: replyTo } = await send(socket, sessionId, ' Hello, 🌍! ');
    const [echo] = await heard.atLeast(1);
    expect(echo).toEqual({
      messageId: expect.stringMatching(UUID_V7),
      sessionId,
      seq: 2,
      sender: 'server',
      content: ' Hello, 🌍! ',
      timestamp: expect.stringMatching(TIME),
      replyTo,
    });
    const { body } = await api(server, token).get(`/api/sessions/${sessionId}/messages`).expect(200);
    expect(body.messages[1]).toEqual(echo);
  });

  test('is acknowledged before the echo, each time', async () => {
    const { socket, sessionId } = await newDevice();
    const order: string[] = [];
    const heard = record(socket, 'message');
    socket.on('message', ({ content }) => order.push(`echo ${content}`));
    for (const content of times(20, String)) {
      socket.emit('message', { sessionId, content }, (answer) => {
        order.push(`ack ${successOf(answer).message.content}`);
      });
    }
    await heard.atLeast(20);
    for (const content of times(20, String)) {
      expect(order.indexOf(`ack ${content}`)).toBeLessThan(order.indexOf(`echo ${content}`));
    }
    expect(order).toHaveLength(40);
  });

  test('repeated with its clientMessageId gets the first result, and tells nobody', async () => {
    const { token, socket, sessionId } = await newDevice();
    const other = await connect(server, token);
    await join(other, sessionId);
    const heard = record(other, 'message');
    const first = successOf(await ask(socket, { sessionId, content: 'Hello', clientMessageId: 'a' }));
    const again = await ask(socket, { sessionId, content: 'something else', clientMessageId: 'a' });
    expect(again).toEqual({ ok: true, message: first.message, duplicate: true });
    await send(socket, sessionId, 'marker');
    const contents = (await heard.atLeast(4)).map(({ content }) => content);
    expect(contents).toEqual(['Hello', 'Hello', 'marker', 'marker']);
  });

  test('repeated at once from several devices is stored once', async () => {
    const { token, socket, sessionId } = await newDevice();
    const others = await Promise.all(times(3, () => connect(server, token)));
    const heard = record(socket, 'message');
    const sending = { sessionId, content: 'Hello', clientMessageId: 'the same' };
    const answers = await Promise.all([socket, ...others].map((each) => ask(each, sending)));
    const results = answers.map(successOf);
    expect(new Set(results.map(({ message }) => message.messageId)).size).toBe(1);
    expect(results.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    await send(socket, sessionId, 'marker');
    const seen = await heard.until((messages) => messages.some(isReplyTo('marker')));
    expect(seen.filter(isReplyTo('Hello'))).toHaveLength(1);
    expect(seen.at(-1)?.seq).toBe(4);
  });

  test('of up to 16,384 bytes is taken and echoed whole', async () => {
    const { socket, sessionId } = await newDevice();
    const content = '🌍'.repeat(4096);
    const heard = record(socket, 'message');
    await send(socket, sessionId, content);
    expect((await heard.atLeast(1))[0]?.content === content).toBe(true);
  });

  function isReplyTo(content: string) {
    return (message: Message) => message.sender === 'server' && message.content === content;
  }
});
