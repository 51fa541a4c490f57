import { randomUUID } from 'node:crypto';
import type { SessionEvent } from '../../src/domain/session';
import { api, connect, record, signUp } from '../support/client';
import { join, send } from '../support/socketCalls';
import { startTestServer, type TestServer, testDatabases } from '../support/testServer';
import { expectProblem } from './support';

describe.each(testDatabases)('the state of a session, on %s', (_name, makeDatabase) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ database: makeDatabase() });
  });

  async function userInChat() {
    const { token } = await signUp(server);
    const rest = api(server, token);
    const id = randomUUID();
    await rest.post(`/api/sessions/${id}/messages`, { content: 'Hello\n\nthere' }).expect(201);
    return { token, rest, id, path: `/api/sessions/${id}` };
  }
  /** The events of type `changed` of another device, which has not joined. */
  async function watch(token: string) {
    return record(await connect(server, token), 'session', ({ type }) => type === 'changed');
  }

  test('is read up to a seq, never back, and never beyond the last message', async () => {
    const { rest, path } = await userInChat();
    expect((await rest.get(path)).body).toMatchObject({ readSeq: 1, lastSeq: 2, preview: 'Hello there' });
    const { body: read } = await rest.put(`${path}/read`, { seq: 9_007_199_254_740_991 }).expect(200);
    expect(read).toMatchObject({ readSeq: 2, lastSeq: 2 });
    expect((await rest.put(`${path}/read`, { seq: 0 }).expect(200)).body).toEqual(read);
    expect((await rest.get(path)).body).toEqual(read);
  });

  test.each([undefined, null, '1', -1, 1.5, true, [1], { seq: 1 }])('seq %j is refused', async (seq) => {
    const { rest, path } = await userInChat();
    expectProblem(await rest.put(`${path}/read`, { seq }), 'VALIDATION_FAILED', ['seq']);
  });

  test.each(['pinned', 'archived'])('%s is a boolean, and null is its absence', async (field) => {
    const { rest, path } = await userInChat();
    for (const value of ['true', 1, 0, '', [true], {}])
      expectProblem(await rest.patch(path, { [field]: value }), 'VALIDATION_FAILED', [field]);
    const { body } = await rest.patch(path, { [field]: true, name: null }).expect(200);
    expect(body).toMatchObject({ [field]: true, name: 'Hello there' });
    const { body: same } = await rest.patch(path, { [field]: null, name: 'New' }).expect(200);
    expect(same).toEqual({ ...body, name: 'New' });
    expect((await rest.patch(path, { [field]: false }).expect(200)).body).toEqual({
      ...same,
      [field]: false,
    });
  });

  test.each([{}, { name: null }, { pinned: null, archived: null }, { preview: 'mine', readSeq: 2 }])(
    'a change by %j is refused, as it changes nothing',
    async (body) => {
      const { rest, path } = await userInChat();
      expectProblem(await rest.patch(path, body), 'VALIDATION_FAILED', ['name']);
    },
  );

  test('decides in which list the session is', async () => {
    const { rest, path, id } = await userInChat();
    const idsOf = async (query: string) => {
      const { body } = await rest.get(`/api/sessions${query}`).expect(200);
      return body.sessions.map((session: { id: string }) => session.id);
    };
    await rest.patch(path, { archived: true }).expect(200);
    expect(await idsOf('')).toEqual([]);
    expect(await idsOf('?archived=false')).toEqual([]);
    expect(await idsOf('?archived=true')).toEqual([id]);
    for (const value of ['', '1', 'yes', 'TRUE'])
      expectProblem(await rest.get(`/api/sessions?archived=${value}`), 'VALIDATION_FAILED', ['archived']);
    await rest.post(`${path}/messages`, { content: 'Back again' }).expect(201);
    expect(await idsOf('')).toEqual([id]);
    expect(await idsOf('?archived=true')).toEqual([]);
  });

  test.each(['pinned', 'unread'])('is a filter of the list: %s', async (filter) => {
    const { rest, path, id } = await userInChat();
    const idsOf = async (query: string) => {
      const { body } = await rest.get(`/api/sessions${query}`).expect(200);
      return body.sessions.map((session: { id: string }) => session.id);
    };
    await rest.put(`${path}/read`, { seq: 2 }).expect(200);
    expect(await idsOf(`?${filter}=true`)).toEqual([]);
    expect(await idsOf(`?${filter}=false`)).toEqual([id]);
    if (filter === 'pinned') await rest.patch(path, { pinned: true }).expect(200);
    else await rest.post(`${path}/messages`, { content: 'An unread reply' }).expect(201);
    expect(await idsOf(`?${filter}=true`)).toEqual([id]);
    expect(await idsOf(`?archived=true&${filter}=true`)).toEqual([]);
    for (const value of ['', '1', 'yes', 'TRUE'])
      expectProblem(await rest.get(`/api/sessions?${filter}=${value}`), 'VALIDATION_FAILED', [filter]);
  });

  test('is nothing of other users', async () => {
    const { path } = await userInChat();
    const stranger = api(server, (await signUp(server)).token);
    expectProblem(await stranger.put(`${path}/read`, { seq: 1 }), 'NOT_FOUND');
    expectProblem(await stranger.patch(path, { pinned: true }), 'NOT_FOUND');
  });

  test('is reported to all devices, and only if it has changed', async () => {
    const { token, rest, path } = await userInChat();
    const events = await watch(token);
    const { body: read } = await rest.put(`${path}/read`, { seq: 2 }).expect(200);
    await events.atLeast(1);
    await rest.put(`${path}/read`, { seq: 2 }).expect(200);
    await rest.put(`${path}/read`, { seq: 1 }).expect(200);
    const { body: pinned } = await rest.patch(path, { pinned: true }).expect(200);
    await events.until((all) => all.at(-1)?.session?.pinned === true);
    expect(events.seen).toEqual([
      { type: 'changed', session: read },
      { type: 'changed', session: pinned },
    ]);
  });

  test('of many changes within a second, the last report has the latest state and the latest message', async () => {
    const { token, rest, path, id } = await userInChat();
    const events = await watch(token);
    const phone = await connect(server, token);
    await join(phone, id);
    const startedAt = performance.now();
    for (let i = 0; i < 5; i++) {
      await rest.patch(path, { pinned: i % 2 === 0 }).expect(200);
      await send(phone, id, `Message ${i}`);
    }
    const { body: latest } = await rest.put(`${path}/read`, { seq: 100 }).expect(200);
    expect(latest).toMatchObject({ pinned: true, readSeq: 12, lastSeq: 12, preview: 'Message 4' });
    const seen = await events.until((all) => all.at(-1)?.session?.readSeq === 12);
    expect(seen.at(-1)?.session).toEqual(latest);
    expect(seen.length).toBeLessThanOrEqual(2 + Math.floor((performance.now() - startedAt) / 1_000));
  });

  test('a message in an archived session brings it back on every device', async () => {
    const { token, rest, path, id } = await userInChat();
    const phone = await connect(server, token);
    const laptop = await connect(server, token);
    await rest.patch(path, { archived: true }).expect(200);
    const isBack = ({ type, session }: SessionEvent) =>
      (type === 'changed' || type === 'active') && session?.archived === false;
    const events = { phone: record(phone, 'session', isBack), laptop: record(laptop, 'session', isBack) };
    await send(phone, id, 'Back again');
    expect(await events.phone.atLeast(1)).toMatchObject([
      { type: 'active', session: { id, archived: false } },
    ]);
    expect((await events.laptop.atLeast(2)).map(({ type }) => type)).toEqual(['changed', 'active']);
  });
});
