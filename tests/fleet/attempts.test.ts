import { createClient } from '@redis/client';
import { RedisCounter } from '../../src/fleet/bus';
import { times } from '../../testkit/builders';
import type { RunningServer } from '../../testkit/server';
import { present } from '../contract/storeFixture';
import { PASSWORD, signUp } from '../support/client';
import { describeWith } from '../support/describeWith';
import { describeWithMongo } from '../support/describeWithMongo';
import request from '../support/documents/request';
import { startFleet } from '../support/fleet';
import { missingRedis, startRedis } from '../support/redisServer';

/** Attempts per address and minute. */
const LIMIT = 2;
const PER_ACCOUNT = LIMIT * 10;

let addresses = 0;
const newAddress = () => `198.51.100.${++addresses}`;

test('a count does not wait for a Redis that does not respond', async () => {
  const counter = new RedisCounter();
  const evaluate = () => new Promise(() => {});
  await counter.open({ isConnected: true, evaluate }, 'test');
  expect(await counter.count('key')).toBeNull();
});

describeWithMongo('attempts to log in on several nodes', () => {
  describeWith(missingRedis(), 'with Redis', () => {
    async function startLimited() {
      const redis = await startRedis();
      const config = { authRatePerMinute: LIMIT, trustProxy: 1 };
      const servers = await startFleet({
        ...{ redisUrl: redis.url, config },
        // A busy machine must not look like a slow Redis.
        parts: () => ({ waits: { beatMs: 200, countTimeoutMs: 10_000 } }),
      });
      const [first, second] = [present(servers[0]), present(servers[1])];
      return { redis, first, second };
    }

    async function attempt({ url }: RunningServer, address: string, email: string, password = 'a guess') {
      const login = request(url).post('/api/auth/login').set('X-Forwarded-For', address);
      return (await login.send({ email, password })).status;
    }

    /** The number of attempts that were not refused, until one is. */
    async function guessesUntilRefused(server: RunningServer, address: string): Promise<number> {
      for (let count = 0; ; count += 1) {
        if ((await attempt(server, address, 'nobody@example.com')) === 429) return count;
      }
    }

    test('count together', async () => {
      const { redis, first, second } = await startLimited();
      const address = newAddress();
      const statuses: number[] = [];
      for (const server of [first, second, first, second]) {
        statuses.push(await attempt(server, address, 'nobody@example.com'));
      }
      expect(statuses).toEqual([401, 401, 429, 429]);

      const client = createClient({ url: redis.url });
      await client.connect();
      const keys = await client.keys('*');
      client.destroy();
      expect(keys.length).toBeGreaterThan(0);
      expect(keys.filter((key) => !/^chat:[0-9a-f]{16}:count:/.test(key))).toEqual([]);
    });

    test('with wrong passwords for an account count together, from any addresses', async () => {
      const { first, second } = await startLimited();
      const { user } = await signUp(first);
      const attempts = times(PER_ACCOUNT + 2, (i) =>
        attempt(i % 2 === 0 ? first : second, newAddress(), user.email),
      );
      const statuses = await Promise.all(attempts);
      expect(statuses.filter((status) => status === 401)).toHaveLength(PER_ACCOUNT);
      expect(statuses.filter((status) => status === 429)).toHaveLength(2);
    });

    test('with the right password do not count', async () => {
      const { first, second } = await startLimited();
      const { user } = await signUp(first);
      const address = newAddress();
      for (const server of [first, second, first, second, first, second]) {
        expect(await attempt(server, address, user.email, PASSWORD)).toBe(200);
      }
    });

    test('count on each node while Redis is frozen or away, and no more than that when it comes back empty', async () => {
      const { redis, first, second } = await startLimited();
      const { user } = await signUp(first);
      const address = newAddress();
      expect(await guessesUntilRefused(first, address)).toBe(LIMIT);

      redis.pause();
      expect(await attempt(second, newAddress(), user.email, PASSWORD)).toBe(200);
      const onSecond = await guessesUntilRefused(second, address);
      expect(onSecond).toBeLessThanOrEqual(LIMIT);
      expect(onSecond).toBeGreaterThan(0);
      redis.resume();

      await redis.kill();
      expect(await guessesUntilRefused(first, address)).toBe(0);
      await redis.restart();
      expect(await guessesUntilRefused(first, address)).toBe(0);
      expect(await guessesUntilRefused(second, address)).toBe(0);
      expect(await attempt(second, newAddress(), user.email, PASSWORD)).toBe(200);
    });
  });
});
