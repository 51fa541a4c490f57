import { randomUUID } from 'node:crypto';
import type { RunningServer } from '../../testkit/server';
import { TcpProxy } from '../../testkit/tcpProxy';
import { present } from '../contract/storeFixture';
import { api, connect, record, signUp } from '../support/client';
import { describeWith } from '../support/describeWith';
import { describeWithMongo } from '../support/describeWithMongo';
import { startFleet, stopNode } from '../support/fleet';
import { missingRedis, startRedis } from '../support/redisServer';

const BEAT_MS = 200;
const waits = { beatMs: BEAT_MS, listSpreadMs: 100 };

/** A user with a device on each node, and what `session` events it gets. */
async function devicesOn(servers: readonly RunningServer[]) {
  const { token } = await signUp(present(servers[0]));
  const devices = await Promise.all(servers.map((server) => connect(server, token)));
  const events = devices.map((device) => record(device, 'session', ({ type }) => type !== 'active'));
  const create = (server: RunningServer) =>
    api(server, token).post('/api/sessions', { id: randomUUID() }).expect(201);
  return { events, create, token };
}

const hasList = (events: readonly { type: string }[]) => events.some(({ type }) => type === 'list');

describeWithMongo('session events between nodes', () => {
  describeWith(missingRedis(), 'with Redis', () => {
    test('devices read their list again when Redis is back', async () => {
      const redis = await startRedis();
      const servers = await startFleet({ redisUrl: redis.url, parts: () => ({ waits }) });
      const { events, create } = await devicesOn(servers);
      await create(present(servers[0]));
      await events[1]?.until((all) => all.some(({ type }) => type === 'created'));
      expect(events.flatMap(({ seen }) => seen).filter(({ type }) => type === 'list')).toEqual([]);
      await redis.kill();
      await create(present(servers[0]));
      await redis.restart();
      for (const device of events) expect((await device.until(hasList)).at(-1)).toEqual({ type: 'list' });
    });

    test('devices read their list again after a report of another node could not be sent', async () => {
      const redis = await startRedis();
      const proxy = await TcpProxy.to(redis.url);
      const database = present((await startFleet({ nodes: 1, redisUrl: redis.url }))[0]).database;
      const start = async (redisUrl: string) =>
        present((await startFleet({ nodes: 1, redisUrl, database, parts: () => ({ waits }) }))[0]);
      const [first, second] = [await start(redis.url), await start(`redis://${proxy.host}`)];
      const { events, create } = await devicesOn([first, second]);
      await create(second);
      await events[0]?.until((all) => all.some(({ type }) => type === 'created'));
      proxy.refuse();
      await create(second);
      // At once, so that the first node does not notice any silence.
      await proxy.accept();
      await events[0]?.until(hasList);
      await stopNode(second);
      proxy.refuse();
    });

    test('devices read their list again after their node was frozen', async () => {
      const redis = await startRedis();
      const [server] = await startFleet({ nodes: 1, redisUrl: redis.url, parts: () => ({ waits }) });
      const { events } = await devicesOn([present(server)]);
      // Blocks the event loop, as a paused container does.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_800);
      await events[0]?.until(hasList);
    });
  });
});
