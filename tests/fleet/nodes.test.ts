import { randomUUID } from 'node:crypto';
import type { SessionEvent } from '../../src/domain/session';
import { times } from '../../testkit/builders';
import type { RunningServer } from '../../testkit/server';
import { present, seqsTo } from '../contract/storeFixture';
import { api, connect, PASSWORD, record, signUp } from '../support/client';
import { describeWith } from '../support/describeWith';
import { describeWithMongo } from '../support/describeWithMongo';
import { startFleet } from '../support/fleet';
import { missingRedis, type RedisServer, startRedis } from '../support/redisServer';
import { ask, disconnection, join, send, successOf } from '../support/socketCalls';

/** A user with a device on each node. */
async function devicesOn(servers: readonly RunningServer[]) {
  const { token } = await signUp(present(servers[0]));
  const sockets = await Promise.all(servers.map((server) => connect(server, token)));
  return { token, sockets, rest: api(present(servers[0]), token), sessionId: randomUUID() };
}

/** What holds with and without Redis, as `redisUrl` says; `redisUrl` is called after all servers of the file are up. */
function fleetTests(redisUrl: () => string | null): void {
  let servers: RunningServer[];
  beforeAll(async () => {
    servers = await startFleet({ nodes: 3, redisUrl: redisUrl() });
  });

  test('messages reach the devices on other nodes, all in the order of seq', async () => {
    const { sockets, sessionId } = await devicesOn(servers);
    for (const socket of sockets) await join(socket, sessionId);
    // What each device learns, in the order in which it does: acknowledgements included.
    const seen = sockets.map((): number[] => []);
    const heard = sockets.map((socket, i) => {
      socket.on('message', ({ seq }) => seen[i]?.push(seq));
      return record(socket, 'message');
    });
    const sendAndNote = (i: number) =>
      new Promise<void>((resolve) => {
        sockets[i % 3]?.emit('message', { sessionId, content: `message ${i}` }, (answer) => {
          seen[i % 3]?.push(successOf(answer).message.seq);
          resolve();
        });
      });
    await Promise.all(times(30, sendAndNote));
    // 20 messages of others and 30 replies.
    for (const device of heard) await device.atLeast(50);
    for (const seqs of seen) expect(seqs).toEqual(seqsTo(60));
  });

  test('a device that joins gets everything once, however much is stored meanwhile on other nodes', async () => {
    const { sockets, sessionId } = await devicesOn(servers);
    const [writer, reader] = [present(sockets[0]), present(sockets[1])];
    await send(writer, sessionId, 'first');
    const live = record(reader, 'message');
    const sending = Promise.all(times(10, (i) => send(writer, sessionId, `message ${i}`)));
    const { messages = [] } = await join(reader, { sessionId, after: 0 });
    await sending;
    const afterAck = () => live.seen.filter(({ seq }) => !messages.some((read) => read.seq === seq));
    await live.until(() => messages.length + afterAck().length >= 22);
    expect([...messages, ...afterAck()].map(({ seq }) => seq)).toEqual(seqsTo(22));
  });

  test('a session that is deleted on one node, and recreated, starts anew on the others', async () => {
    const { sockets, sessionId, rest } = await devicesOn(servers);
    const [writer, reader] = [present(sockets[0]), present(sockets[1])];
    await send(writer, sessionId, 'old');
    await join(reader, sessionId);
    const deleted = record(reader, 'session');
    const live = record(reader, 'message');
    await rest.delete(`/api/sessions/${sessionId}`).expect(204);
    await deleted.until((events) => events.some(({ type }) => type === 'deleted'));
    await send(writer, sessionId, 'new');
    expect(live.seen.filter(({ content }) => content === 'new')).toEqual([]);
    await join(reader, sessionId);
    await send(writer, sessionId, 'newer');
    const [message] = await live.until((events) => events.some(({ content }) => content === 'newer'));
    expect(message).toMatchObject({ seq: 3 });
  });

  test('a logout disconnects the sockets on all nodes within a second', async () => {
    const { sockets, rest } = await devicesOn(servers);
    const disconnected = sockets.map(disconnection);
    const startedAt = performance.now();
    await rest.post('/api/auth/logout').expect(204);
    expect(await Promise.all(disconnected)).toEqual(times(3, () => 'io server disconnect'));
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });

  test('a user who is deleted on one node is disconnected on all', async () => {
    const { sockets, rest } = await devicesOn(servers);
    const disconnected = sockets.map(disconnection);
    await rest.delete('/api/auth/me', { password: PASSWORD }).expect(204);
    await Promise.all(disconnected);
  });

  test('a repeated message is found on any node, and stored once', async () => {
    const { sockets, sessionId } = await devicesOn(servers);
    const sending = { sessionId, content: 'once', clientMessageId: 'c-1' };
    const answers = await Promise.all(times(6, (i) => ask(present(sockets[i % 3]), sending)));
    expect(answers.filter((answer) => answer.ok && !answer.duplicate)).toHaveLength(1);
    const { messages } = await join(present(sockets[0]), { sessionId, after: 0 });
    expect(messages?.map(({ seq }) => seq)).toEqual([1, 2]);
  });
}

describeWithMongo('three nodes without Redis', () => fleetTests(() => null));

describeWithMongo('three nodes', () => {
  describeWith(missingRedis(), 'with Redis', () => {
    let redis: RedisServer;
    beforeAll(async () => {
      redis = await startRedis();
    });
    fleetTests(() => redis.url);

    test('sessions that are created and renamed on one node are reported on the others', async () => {
      const servers = await startFleet({ redisUrl: redis.url });
      const { sockets, sessionId, rest } = await devicesOn(servers);
      const events = record(present(sockets[1]), 'session');
      const own = record(present(sockets[0]), 'session');
      await send(present(sockets[0]), sessionId, 'One');
      await rest.patch(`/api/sessions/${sessionId}`, { name: 'Two' }).expect(200);
      const seen = await events.until((all) => all.some(({ type }) => type === 'renamed'));
      const changes = seen.filter(({ type }) => type !== 'active');
      expect(changes.map(({ type }) => type)).toEqual(['created', 'renamed']);
      expect(changes.at(-1)).toMatchObject({ session: { id: sessionId, name: 'Two' } });
      // The device that created it knows that from the acknowledgement.
      const ownChanges = (await own.until((all) => all.some(({ type }) => type === 'renamed'))).filter(
        ({ type }) => type !== 'active',
      );
      expect(ownChanges.map(({ type }) => type)).toEqual(['renamed']);
      // To a device that has not joined.
      await send(present(sockets[0]), sessionId, 'More');
      await events.until((all) =>
        all.some(({ type, session }) => type === 'active' && session.lastSeq === 4),
      );
      for (const change of [{ pinned: true }, { archived: true }])
        await rest.patch(`/api/sessions/${sessionId}`, change).expect(200);
      const { body: latest } = await rest.put(`/api/sessions/${sessionId}/read`, { seq: 4 }).expect(200);
      // A report of activity that was pending has the change, too.
      const isChange = (event: SessionEvent) => event.type === 'changed' && event.session.readSeq === 4;
      const reported = await events.until((all) => all.some(isChange));
      expect(reported.findLast(isChange)).toEqual({ type: 'changed', session: latest });
      expect(latest).toMatchObject({ pinned: true, archived: true, preview: 'More' });
    });

    test('while Redis is frozen, nothing on the way of a message waits, and other nodes get it from the database', async () => {
      const own = await startRedis();
      const servers = await startFleet({ redisUrl: own.url });
      const { sockets, sessionId, token } = await devicesOn(servers);
      const [writer, reader] = [present(sockets[0]), present(sockets[1])];
      for (const socket of sockets) await join(socket, sessionId);
      const live = record(reader, 'message');
      own.pause();
      const startedAt = performance.now();
      await send(writer, sessionId, 'while frozen');
      expect(performance.now() - startedAt).toBeLessThan(1_000);
      await live.atLeast(2);
      expect(performance.now() - startedAt).toBeLessThan(4_000);
      const disconnected = disconnection(reader);
      await api(present(servers[0]), token).post('/api/auth/logout').expect(204);
      await disconnected;
      own.resume();
    });

    test('messages are delivered although Redis is killed and comes back empty', async () => {
      const own = await startRedis();
      const servers = await startFleet({ redisUrl: own.url });
      const { sockets, sessionId } = await devicesOn(servers);
      const [writer, reader] = [present(sockets[0]), present(sockets[1])];
      for (const socket of sockets) await join(socket, sessionId);
      const live = record(reader, 'message');
      await send(writer, sessionId, 'before');
      await own.kill();
      await send(writer, sessionId, 'without');
      await live.atLeast(4);
      await own.restart();
      await send(writer, sessionId, 'after');
      expect((await live.atLeast(6)).map(({ seq }) => seq)).toEqual(seqsTo(6));
    });
  });
});
