import { times } from '../../testkit/builders';
import { api, signUp } from '../support/client';
import { startTestServer, testDatabases } from '../support/testServer';
import { expectProblem, movableClock } from './support';

describe.each(testDatabases)('pages of sessions, on %s', (_name, makeDatabase) => {
  async function start() {
    const { clock, advance } = movableClock();
    const server = await startTestServer({ database: makeDatabase(), parts: { clock } });
    const { token } = await signUp(server);
    const calls = api(server, token);
    /** Creates sessions, each a second after the previous one, and returns their ids. */
    async function makeSessions(count: number): Promise<string[]> {
      const ids: string[] = [];
      for (const _ of times(count, () => null)) {
        advance(1_000);
        const { body } = await calls.post('/api/sessions').expect(201);
        ids.push(body.id);
      }
      return ids;
    }
    return { ...calls, advance, makeSessions };
  }

  const idsOf = (body: { sessions: { id: string }[] }) => body.sessions.map(({ id }) => id);

  test('contain each session once, from the newest activity to the oldest', async () => {
    const { get, post, advance, makeSessions } = await start();
    const [oldest = '', ...others] = await makeSessions(5);
    advance(1_000);
    await post(`/api/sessions/${oldest}/messages`, { content: 'Hello' }).expect(201);
    const expected = [oldest, ...others.reverse()];

    advance(10_000);
    const { body: first } = await get('/api/sessions?limit=2').expect(200);
    const { body: second } = await get(`/api/sessions?limit=2&cursor=${first.nextCursor}`).expect(200);
    const { body: third } = await get(`/api/sessions?limit=2&cursor=${second.nextCursor}`).expect(200);
    expect([first, second, third].map(idsOf)).toEqual([
      expected.slice(0, 2),
      expected.slice(2, 4),
      expected.slice(4),
    ]);
    expect(third.nextCursor).toBeNull();
    const { body: all } = await get('/api/sessions?limit=5').expect(200);
    expect(idsOf(all)).toEqual(expected);
    expect(all.nextCursor).toBeNull();
  });

  test('have 50 sessions by default', async () => {
    const { get, post, advance } = await start();
    await Promise.all(times(51, () => post('/api/sessions').expect(201)));
    advance(10_000);
    const { body } = await get('/api/sessions').expect(200);
    expect(body.sessions).toHaveLength(50);
    const { body: rest } = await get(`/api/sessions?cursor=${body.nextCursor}`).expect(200);
    expect(rest.sessions).toHaveLength(1);
    const { body: all } = await get('/api/sessions?limit=100').expect(200);
    expect(all.sessions).toHaveLength(51);
  });

  test('reject a cursor that is not from a page', async () => {
    const { get } = await start();
    const encoded = Buffer.from('2026 no-uuid').toString('base64url');
    for (const cursor of ['', 'x', '%00', '~', encoded, 'eyJhIjoxfQ', 'a&cursor=b']) {
      expectProblem(await get(`/api/sessions?cursor=${cursor}`), 'VALIDATION_FAILED', ['cursor']);
    }
  });
});
