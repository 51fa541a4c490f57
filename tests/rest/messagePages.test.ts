import { randomUUID } from 'node:crypto';
import { times } from '../../testkit/builders';
import { api, signUp } from '../support/client';
import { startTestServer, testDatabases } from '../support/testServer';
import { expectProblem } from './support';

describe.each(testDatabases)('pages of messages, on %s', (_name, makeDatabase) => {
  let get: ReturnType<typeof api>['get'];
  let path: string;
  beforeAll(async () => {
    const server = await startTestServer({ database: makeDatabase() });
    const { token } = await signUp(server);
    const calls = api(server, token);
    path = `/api/sessions/${randomUUID()}/messages`;
    for (const index of times(6, (each) => each)) {
      await calls.post(path, { content: `message ${index}` }).expect(201);
    }
    get = calls.get;
  });

  test.each([
    ['', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], false],
    ['limit=3', [10, 11, 12], true],
    ['limit=12', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], false],
    ['limit=1', [12], true],
    ['before=10&limit=3', [7, 8, 9], true],
    ['before=4&limit=3', [1, 2, 3], false],
    ['before=5&limit=3', [2, 3, 4], true],
    ['before=1', [], false],
    ['before=0', [], false],
    ['before=9007199254740991&limit=2', [11, 12], true],
    ['after=0&limit=2', [1, 2], true],
    ['after=9&limit=3', [10, 11, 12], false],
    ['after=8&limit=3', [9, 10, 11], true],
    ['after=12', [], false],
    ['after=9007199254740991', [], false],
  ])('?%s', async (query, seqs, hasMore) => {
    const { body } = await get(`${path}?${query}`).expect(200);
    expect(body).toEqual({ messages: seqs.map((seq) => expect.objectContaining({ seq })), hasMore });
  });

  test.each([
    ['before=3&after=1', ['before']],
    ['limit=0', ['limit']],
    ['limit=101', ['limit']],
    ['limit=', ['limit']],
    ['limit=1.5', ['limit']],
    ['limit=1e1', ['limit']],
    ['limit=ten', ['limit']],
    ['limit=1&limit=2', ['limit']],
    ['before=-1', ['before']],
    ['after=-1', ['after']],
    ['after=9007199254740992', ['after']],
    ['before=1&before=2', ['before']],
    ['before=x&after=y&limit=z', ['before', 'after', 'limit']],
  ])('?%s is refused', async (query, fields) => {
    expectProblem(await get(`${path}?${query}`), 'VALIDATION_FAILED', fields);
  });

  test('of an empty session are empty, of no session NOT_FOUND', async () => {
    expectProblem(await get(`/api/sessions/${randomUUID()}/messages`), 'NOT_FOUND');
    expectProblem(await get('/api/sessions/no-uuid/messages'), 'VALIDATION_FAILED', ['sessionId']);
  });
});
