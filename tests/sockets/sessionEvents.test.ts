import { randomUUID } from 'node:crypto';
import type { Session } from '../../src/domain/session';
import { api, type ClientSocket, connect, record, signUp } from '../support/client';
import { join, send } from '../support/socketCalls';
import { NODES, startTestServer, type TestServer, testDatabases } from '../support/testServer';

/** The events of all types but `active`, which has tests of its own. */
const recordChanges = (socket: ClientSocket) => record(socket, 'session', ({ type }) => type !== 'active');

describe.each(testDatabases)('the session event, on %s', (_name, makeDatabase) => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer({ database: makeDatabase() });
  });

  async function userWithDevices() {
    const { token } = await signUp(server);
    const [phone, laptop] = await Promise.all([connect(server, token), connect(server, token)]);
    const events = { phone: recordChanges(phone), laptop: recordChanges(laptop) };
    return { rest: api(server, token), phone, laptop, events };
  }

  test('tells the other device of a session made with join-session, not the one that made it', async () => {
    const { phone, laptop, events } = await userWithDevices();
    const { session } = await join(phone, randomUUID());
    expect(await events.laptop.atLeast(1)).toEqual([{ type: 'created', session }]);
    const { session: marker } = await join(laptop, randomUUID());
    expect(await events.phone.atLeast(1)).toEqual([{ type: 'created', session: marker }]);
  });

  test('tells nobody of a session that was there already', async () => {
    const { phone, laptop, events } = await userWithDevices();
    const { session } = await join(phone, randomUUID());
    await join(laptop, session.id);
    await join(phone, session.id);
    await join(laptop, randomUUID());
    await events.phone.atLeast(1);
    expect(events.laptop.seen).toHaveLength(1);
    expect(events.phone.seen).toHaveLength(1);
  });

  test('tells of a session made by its first message, with its name', async () => {
    const { phone, laptop, events } = await userWithDevices();
    const content = `${'🌍'.repeat(30)} ${'a'.repeat(40)}`;
    const { sessionId } = await send(phone, randomUUID(), content);
    const name = `${'🌍'.repeat(30)} ${'a'.repeat(29)}`;
    const told = await events.laptop.atLeast(1);
    expect(told).toMatchObject([{ type: 'created', session: { id: sessionId, name, lastSeq: 2 } }]);
    await send(phone, sessionId, 'the second one names nothing');
    await send(laptop, randomUUID(), 'marker');
    expect(await events.phone.atLeast(1)).toMatchObject([{ type: 'created', session: { name: 'marker' } }]);
    expect(events.laptop.seen).toHaveLength(1);
  });

  test('tells of the name that a session takes from its first message', async () => {
    const { phone, laptop, events, rest } = await userWithDevices();
    const { session } = await join(phone, randomUUID());
    await send(laptop, session.id, 'Hello');
    const [renamed] = await events.phone.atLeast(1);
    const { body } = await rest.get(`/api/sessions/${session.id}`).expect(200);
    expect(renamed).toEqual({ type: 'renamed', session: body });
    expect(body.name).toBe('Hello');
  });

  test('leaves a name that the user gave', async () => {
    const { phone, rest, events } = await userWithDevices();
    const { body } = await rest.post('/api/sessions', { name: 'mine' }).expect(201);
    await send(phone, body.id, 'Hello');
    await rest.post('/api/sessions', { name: 'marker' }).expect(201);
    const names = (await events.laptop.atLeast(2)).map(({ session }) => session?.name);
    expect(names).toEqual(['mine', 'marker']);
  });

  /** Other nodes read the session as it is by then, and not after its deletion. */
  const reported = (session: Session) => (NODES > 1 ? expect.objectContaining({ id: session.id }) : session);

  test('tells every device of what REST does, in order', async () => {
    const { rest, events } = await userWithDevices();
    const { body: created } = await rest.post('/api/sessions', { name: 'first' }).expect(201);
    const { body: renamed } = await rest.patch(`/api/sessions/${created.id}`, { name: 'second' }).expect(200);
    await rest.delete(`/api/sessions/${created.id}`).expect(204);
    for (const device of [events.phone, events.laptop]) {
      expect(await device.atLeast(3)).toEqual([
        { type: 'created', session: reported(created) },
        { type: 'renamed', session: reported(renamed) },
        { type: 'deleted', session: reported(renamed) },
      ]);
    }
  });

  test('a deleted session is left by all: made again, it is joined anew', async () => {
    const { phone, laptop, events, rest } = await userWithDevices();
    const { id } = (await join(laptop, randomUUID())).session;
    await rest.delete(`/api/sessions/${id}`).expect(204);
    await events.laptop.until((seen) => seen.at(-1)?.type === 'deleted');
    const heard = record(laptop, 'message');
    await send(phone, id, 'unheard');
    await join(laptop, id);
    await send(phone, id, 'heard');
    expect((await heard.atLeast(2)).map(({ seq }) => seq)).toEqual([3, 4]);
  });

  test('tells no other user', async () => {
    const stranger = await userWithDevices();
    const { phone, rest } = await userWithDevices();
    const { sessionId } = await send(phone, randomUUID(), 'secret');
    await rest.patch(`/api/sessions/${sessionId}`, { name: 'secret' }).expect(200);
    await rest.delete(`/api/sessions/${sessionId}`).expect(204);
    await stranger.rest.post('/api/sessions', { name: 'marker' }).expect(201);
    const told = await stranger.events.phone.atLeast(1);
    expect(told.map(({ session }) => session?.name)).toEqual(['marker']);
  });
});
