import { randomUUID } from 'node:crypto';
import { openMongoStore } from '../../src/stores/mongo/store';
import type { RunningServer } from '../../testkit/server';
import { TcpProxy } from '../../testkit/tcpProxy';
import { pollUntil } from '../../testkit/waiting';
import { present } from '../contract/storeFixture';
import { scriptedResponder } from '../responders/scriptedResponder';
import { api, connect, record, signUp } from '../support/client';
import { describeWith } from '../support/describeWith';
import { describeWithMongo } from '../support/describeWithMongo';
import { startFleet, stopNode } from '../support/fleet';
import { missingRedis, type RedisServer, startRedis } from '../support/redisServer';
import { disconnection, join, send } from '../support/socketCalls';
import { mongoUrlForTest } from '../support/testMongo';

const proxies: TcpProxy[] = [];
afterEach(() => {
  for (const proxy of proxies.splice(0)) proxy.refuse();
});

/** A proxy to the database, and the URL of the database through it. */
async function proxyTo(url: string): Promise<{ proxy: TcpProxy; url: string }> {
  const proxy = await TcpProxy.to(url);
  proxies.push(proxy);
  const proxied = new URL(url);
  proxied.host = proxy.host;
  return { proxy, url: proxied.href };
}

/** Two nodes, each with a responder whose replies the test writes and its own way to the database. */
async function startScripted(urls: readonly string[], redisUrl: string | null = null) {
  const scripts = urls.map(() => scriptedResponder());
  const servers: RunningServer[] = [];
  for (const [node, url] of urls.entries()) {
    const [server] = await startFleet({
      ...{ nodes: 1, redisUrl, database: { kind: 'mongodb' as const, url } },
      parts: () => ({
        ...present(scripts[node]),
        // Dead after eight beats, which must be longer than a busy machine takes to connect again.
        waits: { beatMs: 500, replyRetryMs: 200 },
      }),
      config: { nodeId: `node-${node}` },
    });
    servers.push(present(server));
  }
  return { servers, scripts };
}

/** A question to the first node, and what a device on the second one hears. */
async function ask(servers: readonly RunningServer[]) {
  const [first, second] = [present(servers[0]), present(servers[1])];
  const { token } = await signUp(first);
  const phone = await connect(first, token, { reconnection: false });
  const laptop = await connect(second, token);
  const sessionId = randomUUID();
  await join(laptop, sessionId);
  const heard = record(laptop, 'message');
  await send(phone, sessionId, 'Why?');
  const read = async () => {
    const page = await api(second, token).get(`/api/sessions/${sessionId}/messages`);
    return page.body.messages.map(({ content }: { content: string }) => content);
  };
  return { phone, heard, read };
}

async function markDead(url: string, name: string): Promise<void> {
  const { fleet, close } = await openMongoStore(url);
  for (;;) {
    const beat = (await present(fleet).readBeats()).find((each) => each.name === name);
    // False if the node has written another beat meanwhile.
    if (beat && (await present(fleet).markDead(beat.node, beat.counter))) break;
  }
  await close();
}

describeWithMongo('a node that the others take for dead', () => {
  test('aborts its replies, closes its sockets and goes on as another one; the reply is made once', async () => {
    const url = present(mongoUrlForTest());
    const { servers, scripts } = await startScripted([url, url]);
    const { phone, heard, read } = await ask(servers);
    const request = await present(scripts[0]).request(0);
    request.send('half of the');
    const disconnected = disconnection(phone);
    await markDead(url, 'node-0');
    await disconnected;
    expect(request.signal.aborted).toBe(true);
    const next = await Promise.race([present(scripts[0]).request(1), present(scripts[1]).request(0)]);
    next.send('whole reply');
    next.finish();
    await heard.until((all) => all.length === 2);
    expect(await read()).toEqual(['Why?', 'whole reply']);
    expect(scripts.flatMap(({ requests }) => requests)).toHaveLength(2);
  });

  describeWith(missingRedis(), 'with Redis', () => {
    let redis: RedisServer;
    beforeAll(async () => {
      redis = await startRedis();
    });

    test('because only it can’t reach the database, aborts its replies, and another one makes them', async () => {
      const direct = present(mongoUrlForTest());
      const { proxy, url } = await proxyTo(direct);
      const { servers, scripts } = await startScripted([url, direct], redis.url);
      const { heard, read } = await ask(servers);
      const request = await present(scripts[0]).request(0);
      const aborted = new Promise((resolve) => request.signal.addEventListener('abort', resolve));
      proxy.refuse();
      await aborted;
      const next = await present(scripts[1]).request(0);
      next.send('from the other node');
      next.finish();
      await heard.until((all) => all.length === 2);
      await proxy.accept();
      expect(await read()).toEqual(['Why?', 'from the other node']);
      await stopNode(present(servers[0]));
    }, 60_000);

    test('does not exist while the database is away from all: a reply runs on, and is stored when it is back', async () => {
      const { proxy, url } = await proxyTo(present(mongoUrlForTest()));
      const { servers, scripts } = await startScripted([url, url], redis.url);
      const { heard, read } = await ask(servers);
      const request = await present(scripts[0]).request(0);
      request.send('all ');
      proxy.refuse();
      const awayAt = performance.now();
      // Longer than what makes a node give up its replies if it is the only one.
      await pollUntil(
        () => api(present(servers[0]), '').get('/healthz'),
        () => performance.now() - awayAt > 4_000,
      );
      expect(request.signal.aborted).toBe(false);
      request.send('of it');
      request.finish();
      await proxy.accept();
      await heard.until((all) => all.length === 2);
      expect(await read()).toEqual(['Why?', 'all of it']);
      expect(scripts.flatMap(({ requests }) => requests)).toHaveLength(1);
      await Promise.all(servers.map(stopNode));
    }, 60_000);
  });
});
