import { randomUUID } from 'node:crypto';
import { ACTIVITY_INTERVAL_MS } from '../../src/domain/limits';
import type { SessionState } from '../../src/domain/session';
import { CoalescedReports } from '../../src/sockets/devices';
import { times } from '../../testkit/builders';
import { Changes, pollUntil } from '../../testkit/waiting';
import { api, type ClientSocket, connect, record, signUp } from '../support/client';
import { join, send } from '../support/socketCalls';
import { NODES, startTestServer, type TestServer, testDatabases } from '../support/testServer';

const recordActivity = (socket: ClientSocket) => record(socket, 'session', ({ type }) => type === 'active');

describe.each(testDatabases)('the activity of a session, on %s', (_name, makeDatabase) => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer({ database: makeDatabase(), config: { messageRatePerSecond: 0 } });
  });

  async function userWithDevices(on = server) {
    const { token } = await signUp(on);
    const [phone, laptop] = await Promise.all([connect(on, token), connect(on, token)]);
    const events = { phone: recordActivity(phone), laptop: recordActivity(laptop) };
    return { rest: api(on, token), phone, laptop, events };
  }

  test('is reported to all devices of the user, whether they joined, sent or neither', async () => {
    const { rest, phone, laptop, events } = await userWithDevices();
    const { sessionId } = await send(phone, randomUUID(), 'Hello');
    const { body: session } = await rest.get(`/api/sessions/${sessionId}`).expect(200);
    expect(session).toMatchObject({ name: 'Hello', lastSeq: 2 });
    for (const device of [events.phone, events.laptop]) {
      expect(await device.atLeast(1)).toEqual([{ type: 'active', session }]);
    }
    const { body: created } = await rest.post('/api/sessions', {}).expect(201);
    await rest.post(`/api/sessions/${created.id}/messages`, { content: 'Over REST' }).expect(201);
    for (const device of [events.phone, events.laptop]) {
      const ids = (await device.atLeast(2)).map(({ session }) => session?.id);
      expect(ids).toEqual([sessionId, created.id]);
    }
    expect(laptop.connected).toBe(true);
  });

  test('is reported at once, then at most once a second, and at last with the latest state', async () => {
    const { rest, phone, events } = await userWithDevices();
    const sessionId = randomUUID();
    const startedAt = performance.now();
    await send(phone, sessionId, 'The first one');
    await events.laptop.atLeast(1);
    expect(performance.now() - startedAt).toBeLessThan(ACTIVITY_INTERVAL_MS);
    await pollUntil(
      () => send(phone, sessionId, 'More'),
      () => performance.now() - startedAt >= 1.5 * ACTIVITY_INTERVAL_MS,
    );
    const { lastSeq } = await send(phone, sessionId, 'The last one').then(async () => {
      const { body } = await rest.get(`/api/sessions/${sessionId}`).expect(200);
      return body;
    });
    const seen = await events.laptop.until((all) => all.at(-1)?.session?.lastSeq === lastSeq);
    const intervals = (performance.now() - startedAt) / ACTIVITY_INTERVAL_MS;
    expect(seen.length).toBeLessThanOrEqual(1 + Math.floor(intervals));
    const { body: latest } = await rest.get(`/api/sessions/${sessionId}`).expect(200);
    expect(seen.at(-1)).toEqual({ type: 'active', session: latest });
    const onPhone = await events.phone.until((all) => all.at(-1)?.session?.lastSeq === lastSeq);
    // Each node reports it at times of its own.
    expect(onPhone.slice(NODES > 1 ? -1 : 0)).toEqual(seen.slice(NODES > 1 ? -1 : 0));
  });

  test('a report that waits has the name that was given meanwhile', async () => {
    const { rest, phone, events } = await userWithDevices();
    const { sessionId } = await send(phone, randomUUID(), 'One');
    await send(phone, sessionId, 'Two');
    await rest.patch(`/api/sessions/${sessionId}`, { name: 'Renamed' }).expect(200);
    const [, last] = await events.laptop.atLeast(2);
    expect(last?.session).toMatchObject({ name: 'Renamed', lastSeq: 4 });
  });

  test('is not reported after the session was deleted', async () => {
    const { rest, phone, laptop } = await userWithDevices();
    const all = record(laptop, 'session');
    const { sessionId } = await send(phone, randomUUID(), 'One');
    await send(phone, sessionId, 'Two');
    await rest.delete(`/api/sessions/${sessionId}`).expect(204);
    const marker = await send(phone, randomUUID(), 'One');
    await send(phone, marker.sessionId, 'Two');
    await all.until((seen) => seen.at(-1)?.session?.lastSeq === 4);
    const types = all.seen.filter(({ session }) => session?.id === sessionId).map(({ type }) => type);
    expect(types).toEqual(['created', 'active', 'deleted']);
  });

  test('is reported for replies that come later', async () => {
    const deferred = await startTestServer({
      database: server.database,
      parts: { responder: { kind: 'deferred', respond: async ({ content }) => content } },
    });
    const { phone, laptop, events } = await userWithDevices(deferred);
    const { sessionId } = await send(phone, randomUUID(), 'Hello');
    const seen = await events.laptop.until((all) => all.at(-1)?.session?.lastSeq === 2);
    expect(seen.map(({ session }) => session?.id)).toEqual(times(seen.length, () => sessionId));
    const { session } = await join(laptop, sessionId);
    expect(seen.at(-1)).toEqual({ type: 'active', session });
  });

  test('is not reported to other users, nor for a repeated message', async () => {
    const stranger = await userWithDevices();
    const { phone, rest, events } = await userWithDevices();
    const message = { content: 'Hello', clientMessageId: 'c-1' };
    const { sessionId } = await send(phone, randomUUID(), 'First');
    await rest.post(`/api/sessions/${sessionId}/messages`, message).expect(201);
    await events.laptop.atLeast(2);
    await rest.post(`/api/sessions/${sessionId}/messages`, message).expect(200);
    const marker = await send(phone, randomUUID(), 'One');
    await send(phone, marker.sessionId, 'Two');
    const seen = await events.laptop.until((all) => all.at(-1)?.session?.id === marker.sessionId);
    const ids = seen.map(({ session }) => session?.id);
    // A repeat is hinted to other nodes once more, as the first hint may have been lost.
    if (NODES === 1) expect(ids).toEqual([sessionId, sessionId, marker.sessionId]);
    const own = await send(stranger.phone, randomUUID(), 'Mine');
    expect((await stranger.events.laptop.atLeast(1)).map(({ session }) => session?.id)).toEqual([
      own.sessionId,
    ]);
  });
});

test('more sessions than the memory is for are reported early, and none is left out', async () => {
  const changes = new Changes();
  const reported = new Map<string, number>();
  const reports = new CoalescedReports(
    () => true,
    ({ id, lastSeq }) => {
      reported.set(id, lastSeq);
      changes.notify();
    },
  );
  const report = (session: SessionState) => reports.report(session, () => ({ ...session, preview: '' }));
  const sessions = times(10_001, (index): SessionState => {
    const at = '2026-01-01T00:00:00.000Z';
    const state = { lastSeq: 1, readSeq: 0, pinned: false, archived: false };
    return { id: `${index}`, userId: 'user', name: '', createdAt: at, lastMessageAt: at, ...state };
  });
  const [first, ...others] = sessions;
  for (const session of sessions.slice(0, -1)) report(session);
  for (const session of sessions.slice(0, -1)) report({ ...session, lastSeq: 2 });
  expect([...reported.values()].every((lastSeq) => lastSeq === 1)).toBe(true);
  for (const session of sessions.slice(-1)) report(session);
  expect(first && reported.get(first.id)).toBe(2);
  await changes.until(() => others.slice(0, -1).every(({ id }) => reported.get(id) === 2));
});
