import { randomUUID } from 'node:crypto';
import { api, signUp } from '../support/client';
import { startTestServer, testDatabases } from '../support/testServer';

const CONTENTS: readonly (readonly [what: string, content: string])[] = [
  ['one character', 'x'],
  ['16,384 bytes', 'x'.repeat(16_384)],
  ['16,384 bytes of two-byte characters', 'é'.repeat(8_192)],
  ['16,384 bytes of four-byte characters', '😀'.repeat(4_096)],
  ['blanks at its ends', ' \t\n Hello \r\n '],
  ['a byte order mark before it', '\ufeffHello'],
  ['control characters', 'a\u0001\u0008\u001b[31m\u007fb'],
  ['line and paragraph separators', 'a\u2028b\u2029c\u0085d'],
  ['composed and decomposed accents', 'é e\u0301'],
  ['joined emoji and direction marks', '👩‍👩‍👧‍👦 \u202eabc\u202c שלום'],
  ['noncharacters', 'a\uffff\ufffe\u{10ffff}b'],
  ['markup', '<script>alert("1")</script> &amp; <b>'],
  ['SQL', "'; DROP TABLE messages; --"],
  ['operators', '{"$gt": ""} $where __proto__'],
  ['quotes and backslashes', '"\\"\\n\'`$(1)%00%s'],
  ['a number', '007'],
  ['false', 'false'],
];

describe.each(testDatabases)(
  'input is stored and echoed exactly as it was sent, on %s',
  (_name, makeDatabase) => {
    let calls: ReturnType<typeof api>;
    beforeAll(async () => {
      const server = await startTestServer({ database: makeDatabase() });
      const { token } = await signUp(server);
      calls = api(server, token);
    });

    test.each(CONTENTS)('content: %s', async (_what, content) => {
      const path = `/api/sessions/${randomUUID()}/messages`;
      const { body } = await calls.post(path, { content }).expect(201);
      expect([body.message.content, body.reply.content]).toEqual([content, content]);
      const { body: page } = await calls.get(path).expect(200);
      expect(page.messages).toEqual([body.message, body.reply]);
    });

    test.each(CONTENTS.filter(([, content]) => Array.from(content).length <= 100))(
      'a name: %s',
      async (_what, name) => {
        const { body: made } = await calls.post('/api/sessions', { name }).expect(201);
        expect(made.name).toBe(name);
        await calls.patch(`/api/sessions/${made.id}`, { name: `not ${name}`.slice(0, 20) }).expect(200);
        const { body: renamed } = await calls.patch(`/api/sessions/${made.id}`, { name }).expect(200);
        expect(renamed).toEqual(made);
      },
    );

    test.each(['x'.repeat(100), '😀'.repeat(100)])('a name of 100 characters', async (name) => {
      const { body } = await calls.post('/api/sessions', { name }).expect(201);
      expect(body.name).toBe(name);
    });

    test.each(['x', 'x'.repeat(128), ' padded ', '__proto__', '$ne', 'ärger/😀?'])(
      'a clientMessageId: %s',
      async (clientMessageId) => {
        const path = `/api/sessions/${randomUUID()}/messages`;
        const { body } = await calls.post(path, { content: 'Hello', clientMessageId }).expect(201);
        expect(body.message.clientMessageId).toBe(clientMessageId);
        await calls.post(path, { content: 'Hello', clientMessageId }).expect(200);
        await calls
          .post(path, { content: 'Hello', clientMessageId: `${clientMessageId}!`.slice(-128) })
          .expect(201);
      },
    );
  },
);
