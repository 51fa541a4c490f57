import { randomUUID } from 'node:crypto';
import { api, connect, record, signUp } from '../support/client';
import { askAnything, failureIn, join, send } from '../support/socketCalls';
import { startTestServer, type TestServer, testDatabases } from '../support/testServer';

const REFUSED: readonly (readonly [string, unknown, string])[] = [
  ['empty', '', 'must not be blank'],
  ['of spaces', ' \n\t\u00a0\u3000', 'must not be blank'],
  ['of a zero width space', '\u200b', 'must not be blank'],
  ['of Hangul fillers', '\u3164\u115f\uffa0', 'must not be blank'],
  ['with a NUL', 'a\0b', 'must not contain the character NUL (U+0000)'],
  ['with half of a surrogate pair', 'a\ud83cb', 'must not contain half of a surrogate pair'],
  ['with the other half', 'a\udf0d', 'must not contain half of a surrogate pair'],
  ['a byte too long', 'x'.repeat(16_385), 'must have at most 16384 bytes of UTF-8'],
  ['too long in bytes alone', '🌍'.repeat(4_097), 'must have at most 16384 bytes of UTF-8'],
  ['a number', 1, 'must be a string'],
  ['a list', ['x'], 'must be a string'],
  ['null', null, 'must be a string'],
];

const TAKEN: readonly (readonly [string, string])[] = [
  ['markup', '<script>alert("x")</script> &amp; \'; DROP TABLE messages; --'],
  ['spaces around it', '  \n x \t '],
  ['combining and right-to-left characters', 'e\u0301 \u202eabc \u05d0 👩‍👩‍👧'],
  ['control characters', 'a\u0001\u001b[31m\u007f\u2028b'],
  ['a sign between invisible characters', '\u200b\u202ex\u2060'],
  ['operators and prototypes', '{"$gt":""} __proto__ constructor $where'],
];

describe.each(testDatabases)('content, on %s', (_name, makeDatabase) => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer({ database: makeDatabase() });
  });

  async function joinedDevice() {
    const { token } = await signUp(server);
    const socket = await connect(server, token);
    const { session } = await join(socket, randomUUID());
    return { rest: api(server, token), socket, sessionId: session.id };
  }

  test.each(REFUSED)('%s is refused, and nothing is stored', async (_kind, content, message) => {
    const { rest, socket, sessionId } = await joinedDevice();
    const failure = failureIn(await askAnything(socket, 'message', { sessionId, content }));
    expect(failure).toMatchObject({ code: 'VALIDATION_FAILED', errors: [{ field: 'content', message }] });
    const unknownId = randomUUID();
    await askAnything(socket, 'message', { sessionId: unknownId, content });
    await rest.get(`/api/sessions/${unknownId}`).expect(404);
    const { body } = await rest.get(`/api/sessions/${sessionId}/messages`).expect(200);
    expect(body).toEqual({ messages: [], hasMore: false });
    const { body: session } = await rest.get(`/api/sessions/${sessionId}`).expect(200);
    expect(session).toMatchObject({ name: null, lastSeq: 0 });
  });

  test.each(TAKEN)('with %s is stored and echoed exactly as sent', async (_kind, content) => {
    const { rest, socket, sessionId } = await joinedDevice();
    const heard = record(socket, 'message');
    await send(socket, sessionId, content);
    const [echo] = await heard.atLeast(1);
    const { body } = await rest.get(`/api/sessions/${sessionId}/messages`).expect(200);
    expect(body.messages.map((message: { content: string }) => message.content)).toEqual([content, content]);
    expect(echo?.content).toBe(content);
  });

  test.each(['', 'a\0b', 'a\ud83c', 'x'.repeat(129), 1, {}])(
    'with the clientMessageId %j is refused',
    async (clientMessageId) => {
      const { socket, sessionId } = await joinedDevice();
      const sending = { sessionId, content: 'x', clientMessageId };
      const failure = failureIn(await askAnything(socket, 'message', sending));
      expect(failure).toMatchObject({ code: 'VALIDATION_FAILED', errors: [{ field: 'clientMessageId' }] });
    },
  );
});

describe('the target of a join', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer();
  });

  test.each<[string, unknown, string]>([
    ['no UUID', 'abc', 'sessionId'],
    ['a UUID with more', `${randomUUID()} `, 'sessionId'],
    ['a negative after', { sessionId: randomUUID(), after: -1 }, 'after'],
    ['a fraction', { sessionId: randomUUID(), after: 0.5 }, 'after'],
    ['a text for after', { sessionId: randomUUID(), after: '1' }, 'after'],
    ['an after beyond all numbers', { sessionId: randomUUID(), after: 1e300 }, 'after'],
  ])('is refused: %s', async (_kind, target, field) => {
    const { token } = await signUp(server);
    const socket = await connect(server, token);
    const failure = failureIn(await askAnything(socket, 'join-session', target));
    expect(failure).toMatchObject({ code: 'VALIDATION_FAILED', errors: [{ field }] });
    const { body } = await api(server, token).get('/api/sessions').expect(200);
    expect(body.sessions).toEqual([]);
  });
});
