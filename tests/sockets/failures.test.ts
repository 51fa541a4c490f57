import { randomUUID } from 'node:crypto';
import { times } from '../../testkit/builders';
import { api, type ClientSocket, connect, record, signUp } from '../support/client';
import { HeldStore } from '../support/heldStore';
import { ask, askAnything, emitAnything, failureIn, join, send } from '../support/socketCalls';
import { stopClock } from '../support/stopClock';
import { startTestServer, type TestServer, testOfOneNode } from '../support/testServer';

describe('an event that fails', () => {
  let server: TestServer;
  let socket: ClientSocket;

  beforeAll(async () => {
    server = await startTestServer();
  });

  beforeEach(async () => {
    const { token } = await signUp(server);
    socket = await connect(server, token);
  });

  async function foreignSession(): Promise<string> {
    const { token } = await signUp(server);
    const owner = await connect(server, token);
    return (await join(owner, randomUUID())).session.id;
  }

  test('says in its ack which fields are wrong', async () => {
    const failure = failureIn(await askAnything(socket, 'message', { sessionId: 1, clientMessageId: '' }));
    const errors = [
      { field: 'sessionId', message: 'must be a UUID' },
      { field: 'content', message: 'must be a string' },
      { field: 'clientMessageId', message: 'must have 1 to 128 characters' },
    ];
    const message =
      'sessionId must be a UUID; content must be a string; clientMessageId must have 1 to 128 characters.';
    expect(failure).toEqual({ code: 'VALIDATION_FAILED', message, errors });
  });

  test('without an ack is reported as an error event that names the message', async () => {
    const errors = record(socket, 'error');
    emitAnything(socket, 'message', {
      sessionId: await foreignSession(),
      content: 'x',
      clientMessageId: 'c1',
    });
    expect(await errors.atLeast(1)).toEqual([
      {
        code: 'NOT_FOUND',
        message: 'Not found, or owned by another user.',
        event: 'message',
        clientMessageId: 'c1',
      },
    ]);
  });

  test('without an ack names no message where it has no id', async () => {
    const errors = record(socket, 'error');
    emitAnything(socket, 'join-session', 'not a UUID');
    const [error] = await errors.atLeast(1);
    expect(error).toEqual({
      code: 'VALIDATION_FAILED',
      message: 'sessionId must be a UUID.',
      errors: [{ field: 'sessionId', message: 'must be a UUID' }],
      event: 'join-session',
    });
  });

  test('after its message was stored is not reported, with or without an ack', async () => {
    const store = new HeldStore();
    const held = await startTestServer({ wrapStore: store.wrap });
    const sender = await connect(held, (await signUp(held)).token);
    const errors = record(sender, 'error');
    const sessionId = randomUUID();
    const storing = [store.hold('appendExchange', 'result'), store.hold('appendExchange', 'result')];
    const sending = send(sender, sessionId, 'with an ack');
    emitAnything(sender, 'message', { sessionId, content: 'without an ack' });
    await Promise.all(storing.map(({ reached }) => reached));
    for (const { fail } of storing) fail(new Error('after the message was stored'));
    expect((await sending).seq).toBe(1);
    await join(sender, sessionId);
    expect(errors.seen).toEqual([]);
  });

  test('with an ack is reported there alone', async () => {
    const errors = record(socket, 'error');
    const sessionId = await foreignSession();
    expect(failureIn(await ask(socket, { sessionId, content: 'x' })).code).toBe('NOT_FOUND');
    emitAnything(socket, 'leave-session', 'marker');
    expect((await errors.atLeast(1)).map(({ event }) => event)).toEqual(['leave-session']);
  });

  test('is reported to its own socket alone', async () => {
    const { token } = await signUp(server);
    const [phone, laptop] = await Promise.all([connect(server, token), connect(server, token)]);
    const [atPhone, atLaptop] = [record(phone, 'error'), record(laptop, 'error')];
    emitAnything(phone, 'join-session', 'wrong');
    await atPhone.atLeast(1);
    emitAnything(laptop, 'leave-session', 'marker');
    expect((await atLaptop.atLeast(1)).map(({ event }) => event)).toEqual(['leave-session']);
  });
});

describe('messages above the rate', () => {
  afterEach(() => void jest.useRealTimers());

  testOfOneNode('are refused with the time to wait, on all devices of the user and over REST', async () => {
    const server = await startTestServer({ config: { messageRatePerSecond: 5 } });
    const [{ token }, other] = await Promise.all([signUp(server), signUp(server)]);
    const [phone, laptop] = await Promise.all([connect(server, token), connect(server, token)]);
    const stranger = await connect(server, other.token);
    const sessionId = randomUUID();
    stopClock();
    const answers = await Promise.all(
      times(20, (index) => ask(index % 2 ? phone : laptop, { sessionId, content: `${index}` })),
    );
    const refused = answers.filter(({ ok }) => !ok).map(failureIn);
    expect(refused).toHaveLength(15);
    for (const { code, retryAfterMs } of refused) expect([code, retryAfterMs]).toEqual(['RATE_LIMITED', 200]);
    await api(server, token).post(`/api/sessions/${sessionId}/messages`, { content: 'x' }).expect(429);
    const { body } = await api(server, token).get(`/api/sessions/${sessionId}`).expect(200);
    expect(body.lastSeq).toBe(2 * 5);

    await send(stranger, randomUUID(), 'is another one’s limit');
    jest.advanceTimersByTime(200);
    expect(await ask(phone, { sessionId, content: 'in time' })).toMatchObject({ ok: true });
    expect(failureIn(await ask(laptop, { sessionId, content: 'too early' })).code).toBe('RATE_LIMITED');
  });
});
