import { randomUUID } from 'node:crypto';
import { createClient } from '@redis/client';
import { type Bus, openRedisBus } from '../../src/fleet/bus';
import { Channels, type Hint, type Pulse } from '../../src/fleet/hints';
import { createLogger } from '../../src/utils/logger';
import { TEST_SECRET } from '../../testkit/serverProcess';
import { TcpProxy } from '../../testkit/tcpProxy';
import { Changes } from '../../testkit/waiting';
import { describeWith } from '../support/describeWith';
import { missingRedis, type RedisServer, startRedis } from '../support/redisServer';

const PULSE_MS = 100;

/** A node's end of the bus, with everything that it has heard. */
class TestNode {
  readonly id = randomUUID();
  readonly hints: { userId: string; hint: Hint }[] = [];
  readonly pulses: Pulse[] = [];
  readonly subscribed: string[] = [];
  readonly changes = new Changes();
  readonly channels: Channels;
  private opened: Bus | null = null;

  constructor(databaseId: string, secrets: string[] = [TEST_SECRET]) {
    this.channels = new Channels(databaseId, secrets);
  }

  get bus(): Bus {
    if (!this.opened) throw new Error('the bus is not open');
    return this.opened;
  }

  async open(url: string): Promise<this> {
    const listener = {
      onHint: (userId: string, { from: _, ...hint }: Hint & { from?: string }) =>
        this.add(this.hints, { userId, hint }),
      onPulse: (pulse: Pulse) => this.add(this.pulses, pulse),
      onSubscribed: (userIds: readonly string[]) => {
        this.subscribed.push(...userIds);
        this.changes.notify();
      },
    };
    const bus = await openRedisBus(url, this.channels, listener, createLogger('silent'));
    this.opened = bus;
    const timer = setInterval(() => {
      bus.sendPulse({ node: this.id, database: 'ok', lostReports: bus.lostReports });
      this.changes.notify();
    }, PULSE_MS);
    cleanUps.push(() => {
      clearInterval(timer);
      bus.close();
    });
    await this.until(() => bus.isConnected);
    return this;
  }

  until(condition: () => boolean): Promise<void> {
    return this.changes.until(condition);
  }

  private add<T>(list: T[], item: T): void {
    list.push(item);
    this.changes.notify();
  }
}

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

const hintOf = (seq: number): Hint => ({ kind: 'messages', sessionId: 's', key: 'k', seq });

describeWith(missingRedis(), 'the bus over Redis', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });

  async function twoNodes(url = redis.url) {
    const databaseId = randomUUID();
    const one = await new TestNode(databaseId).open(url);
    const two = await new TestNode(databaseId).open(url);
    return { one, two, userId: randomUUID() };
  }

  /** Sends hints until one arrives. */
  async function untilHeard(from: TestNode, to: TestNode, userId: string): Promise<void> {
    const count = to.hints.length;
    const timer = setInterval(() => from.bus.publish(userId, hintOf(99)), 50);
    cleanUps.push(() => clearInterval(timer));
    await to.until(() => to.hints.length > count);
    clearInterval(timer);
  }

  test('carries hints to the nodes that have subscribed to the user, and to no others', async () => {
    const { one, two, userId } = await twoNodes();
    await two.bus.retain(userId);
    expect(two.bus.isSubscribed(userId)).toBe(true);
    await one.bus.retain(userId);
    one.bus.publish('somebody else', hintOf(1));
    one.bus.publish(userId, hintOf(2));
    await two.until(() => two.hints.length > 0);
    expect(two.hints).toEqual([{ userId, hint: hintOf(2) }]);
    expect(one.hints).toEqual([]);
  });

  test('lets nodes of one database hear each other', async () => {
    const { one, two } = await twoNodes();
    const other = await new TestNode(randomUUID()).open(redis.url);
    await one.until(() => one.bus.hears(two.id));
    await two.until(() => two.bus.hears(one.id));
    expect(one.bus.hears(other.id)).toBe(false);
  });

  test('ignores what no node has signed, or has signed for another user', async () => {
    const { one, two, userId } = await twoNodes();
    await two.bus.retain(userId);
    const stranger = createClient({ url: redis.url });
    await stranger.connect();
    cleanUps.push(() => stranger.destroy());
    const channel = two.channels.ofUser(userId);
    const elsewhere = two.channels.ofUser('another user');
    const forger = new Channels('another database', ['x'.repeat(32)]);
    const signed = { ...hintOf(1), from: 'a node' };
    for (const forged of [
      '',
      'garbage',
      JSON.stringify(hintOf(1)),
      forger.sign(channel, signed),
      two.channels.sign(elsewhere, signed),
      two.channels.sign(channel, signed).replace('"seq":1', '"seq":9'),
    ]) {
      await stranger.publish(channel, forged);
    }
    one.bus.publish(userId, hintOf(2));
    await two.until(() => two.hints.length > 0);
    expect(two.hints.map(({ hint }) => hint)).toEqual([hintOf(2)]);
  });

  test('accepts every secret of the list while secrets are rotated', async () => {
    const databaseId = randomUUID();
    const next = 'n'.repeat(40);
    const old = await new TestNode(databaseId, [TEST_SECRET, next]).open(redis.url);
    const rotated = await new TestNode(databaseId, [next, TEST_SECRET]).open(redis.url);
    await old.until(() => old.bus.hears(rotated.id));
    await rotated.until(() => rotated.bus.hears(old.id));
  });

  test('waits at most 200 ms for a Redis that is frozen, and is away until it answers', async () => {
    const own = await startRedis();
    const { one, two, userId } = await twoNodes(own.url);
    await two.bus.retain(userId);
    own.pause();
    const startedAt = performance.now();
    one.bus.publish(userId, hintOf(1));
    expect(performance.now() - startedAt).toBeLessThan(50);
    await Promise.all([two.bus.retain('a new user'), one.until(() => !one.bus.isConnected)]);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect(two.bus.isSubscribed('a new user')).toBe(false);
    own.resume();
    await two.until(() => two.bus.isSubscribed('a new user') && two.bus.isSubscribed(userId));
    expect(two.subscribed).toContain('a new user');
    await untilHeard(one, two, userId);
  });

  test('replaces connections to a Redis that stays frozen, and queues a bounded number of hints', async () => {
    const own = await startRedis();
    const { one, two, userId } = await twoNodes(own.url);
    await two.bus.retain(userId);
    own.pause();
    for (let seq = 1; seq <= 1_500; seq += 1) one.bus.publish(userId, hintOf(seq));
    expect(one.bus.dropped).toBeGreaterThanOrEqual(500);
    await one.until(() => !one.bus.isConnected && !one.bus.hears(two.id));
    own.resume();
    await untilHeard(one, two, userId);
  });

  test('comes back by itself when Redis was killed and started again, empty', async () => {
    const own = await startRedis();
    const { one, two, userId } = await twoNodes(own.url);
    await two.bus.retain(userId);
    await own.kill();
    await one.until(() => !one.bus.isConnected);
    one.bus.publish(userId, hintOf(1));
    expect(one.bus.dropped).toBe(1);
    await two.bus.retain('while it is away');
    await own.restart();
    await two.until(() => two.bus.isSubscribed(userId) && two.bus.isSubscribed('while it is away'));
    await untilHeard(one, two, userId);
    expect(two.subscribed.filter((each) => each === userId)).toHaveLength(2);
  });

  test('notices a connection that is cut without an error', async () => {
    const proxy = await TcpProxy.to(redis.url);
    const { one, two, userId } = await twoNodes(`redis://${proxy.host}`);
    await two.bus.retain(userId);
    proxy.hold();
    await two.until(() => !two.bus.isConnected);
    proxy.release();
    await untilHeard(one, two, userId);
    one.bus.close();
    two.bus.close();
    proxy.refuse();
  });

  test('opens without a Redis, and connects when there is one', async () => {
    const own = await startRedis();
    await own.kill();
    const node = new TestNode(randomUUID());
    const opening = node.open(own.url);
    await node.changes.until(() => node.pulses.length === 0);
    await own.restart();
    await opening;
    expect(node.bus.isConnected).toBe(true);
  });
});
