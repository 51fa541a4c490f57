import { randomUUID } from 'node:crypto';
import { api, signUp } from '../support/client';
import { startTestServer, testDatabases } from '../support/testServer';
import { expectProblem } from './support';

describe.each(testDatabases)('the fields of sessions and messages, on %s', (_name, makeDatabase) => {
  let calls: ReturnType<typeof api>;
  let sessionPath: string;
  beforeAll(async () => {
    const server = await startTestServer({ database: makeDatabase() });
    const { token } = await signUp(server);
    calls = api(server, token);
    const { body } = await calls.post('/api/sessions', { name: 'the only one' }).expect(201);
    sessionPath = `/api/sessions/${body.id}`;
  });

  async function expectNothingStored() {
    const { body } = await calls.get('/api/sessions').expect(200);
    expect(body.sessions).toEqual([expect.objectContaining({ name: 'the only one', lastSeq: 0 })]);
  }

  const LONGEST = 16_384;

  test.each([
    ['empty', ''],
    ['blank', ' \t\r\n\u00a0\u3000\ufeff'],
    ['nothing that shows', '\u200b\u2060\u3164'],
    ['a byte too long', 'x'.repeat(LONGEST + 1)],
    ['a byte too long in two-byte characters', `x${'é'.repeat(LONGEST / 2)}`],
    ['a byte too long in four-byte characters', `x${'😀'.repeat(LONGEST / 4)}`],
    ['with NUL', 'a\0b'],
    ['with the first half of a surrogate pair', 'a\ud83d'],
    ['with the second half of a surrogate pair', '\ude00a'],
    ['with a surrogate pair the wrong way round', '\ude00\ud83d'],
  ])('content is refused: %s', async (_what, content) => {
    const { post } = calls;
    expectProblem(await post(`${sessionPath}/messages`, { content }), 'VALIDATION_FAILED', ['content']);
    expectProblem(await post(`/api/sessions/${randomUUID()}/messages`, { content }), 'VALIDATION_FAILED', [
      'content',
    ]);
    await expectNothingStored();
  });

  test.each([
    ['nothing', ''],
    ['129 characters', 'x'.repeat(129)],
    ['NUL', 'a\0b'],
    ['half of a surrogate pair', 'a\ud83d'],
  ])('a clientMessageId may not have %s', async (_what, clientMessageId) => {
    const sent = await calls.post(`${sessionPath}/messages`, { content: 'Hello', clientMessageId });
    expectProblem(sent, 'VALIDATION_FAILED', ['clientMessageId']);
    await expectNothingStored();
  });

  test.each([
    ['nothing', ''],
    ['blanks alone', ' \n\u3000'],
    ['nothing that shows', '\u202e\u2800\u00ad'],
    ['101 characters', 'x'.repeat(101)],
    ['invisible characters past its length', `x${'\ufe0f'.repeat(100)}`],
    ['NUL', 'a\0b'],
    ['half of a surrogate pair', 'a\ud83d'],
  ])('a name may not have %s', async (_what, name) => {
    expectProblem(await calls.post('/api/sessions', { name }), 'VALIDATION_FAILED', ['name']);
    expectProblem(await calls.patch(sessionPath, { name }), 'VALIDATION_FAILED', ['name']);
    await expectNothingStored();
  });

  test.each(['', 'x', '123', `${randomUUID()}x`, `{${randomUUID()}}`, `${randomUUID()}\n`, 'a\0b'])(
    'a session’s id may not be %j',
    async (id) => {
      expectProblem(await calls.post('/api/sessions', { id }), 'VALIDATION_FAILED', ['id']);
      await expectNothingStored();
    },
  );
});
