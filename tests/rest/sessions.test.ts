import { randomUUID } from 'node:crypto';
import { times } from '../../testkit/builders';
import { api, signUp } from '../support/client';
import { startTestServer, type TestServer, testDatabases } from '../support/testServer';
import { expectProblem, TIMESTAMP, UUID } from './support';

describe.each(testDatabases)('sessions, on %s', (_name, makeDatabase) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ database: makeDatabase() });
  });

  async function newUser() {
    const { user, token } = await signUp(server);
    return { user, ...api(server, token) };
  }

  test('are created with or without id and name', async () => {
    const { user, get, post } = await newUser();
    const { body: bare } = await post('/api/sessions').expect(201);
    expect(bare).toEqual({
      id: UUID,
      userId: user.id,
      name: null,
      createdAt: TIMESTAMP,
      lastMessageAt: null,
      lastSeq: 0,
      readSeq: 0,
      pinned: false,
      archived: false,
      preview: null,
    });
    await post('/api/sessions', {}).expect(201);
    const id = randomUUID();
    const { body: named } = await post('/api/sessions', { id, name: ' My chat ' }).expect(201);
    expect(named).toMatchObject({ id, name: ' My chat ' });
    const { body: read } = await get(`/api/sessions/${id}`).expect(200);
    expect(read).toEqual(named);
  });

  test('a repeated id returns the same session and changes nothing', async () => {
    const { get, post } = await newUser();
    const id = randomUUID();
    const { body: first } = await post('/api/sessions', { id, name: 'first' }).expect(201);
    const { body: second } = await post('/api/sessions', { id, name: 'second' }).expect(200);
    expect(second).toEqual(first);
    const { body: list } = await get('/api/sessions').expect(200);
    expect(list).toEqual({ sessions: [first], nextCursor: null });
  });

  test('of 10 concurrent requests with one id, one creates the session', async () => {
    const { post } = await newUser();
    const id = randomUUID();
    const answers = await Promise.all(times(10, () => post('/api/sessions', { id })));
    expect(answers.map(({ status }) => status).sort()).toEqual([...times(9, () => 200), 201]);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  });

  test('are renamed and deleted', async () => {
    const { get, post, patch, delete: remove } = await newUser();
    const { body: made } = await post('/api/sessions', { name: 'old' }).expect(201);
    const path = `/api/sessions/${made.id}`;
    await post(`${path}/messages`, { content: 'Hello' }).expect(201);
    const { body: renamed } = await patch(path, { name: 'new' }).expect(200);
    expect(renamed).toMatchObject({ id: made.id, name: 'new', lastSeq: 2 });
    expect((await get(path).expect(200)).body).toEqual(renamed);
    await remove(path).expect(204);
    for (const call of [get(path), get(`${path}/messages`), patch(path, { name: 'new' }), remove(path)]) {
      expectProblem(await call, 'NOT_FOUND');
    }
    const { body: again } = await post('/api/sessions', { id: made.id }).expect(201);
    expect(again).toMatchObject({ name: null, lastSeq: 0 });
  });

  test('a session of another user is NOT_FOUND', async () => {
    const owner = await newUser();
    const stranger = await newUser();
    const { body: session } = await owner.post('/api/sessions', { name: 'mine' }).expect(201);
    const path = `/api/sessions/${session.id}`;
    const attempts = (at: string) => [
      stranger.get(at),
      stranger.patch(at, { name: 'taken' }),
      stranger.delete(at),
      stranger.get(`${at}/messages`),
    ];
    const ofOthers = await Promise.all(attempts(path));
    const ofNobody = await Promise.all(attempts(`/api/sessions/${randomUUID()}`));
    for (const [index, response] of ofOthers.entries()) {
      expectProblem(response, 'NOT_FOUND');
      expect(response.body.detail).toBe(ofNobody[index]?.body.detail);
      expect(ofNobody[index]?.status).toBe(404);
    }
    expectProblem(await stranger.post('/api/sessions', { id: session.id }), 'NOT_FOUND');
    expectProblem(await stranger.post(`${path}/messages`, { content: 'Hi' }), 'NOT_FOUND');
    expect((await owner.get(path).expect(200)).body).toEqual(session);
    expect((await stranger.get('/api/sessions').expect(200)).body.sessions).toEqual([]);
  });
});
