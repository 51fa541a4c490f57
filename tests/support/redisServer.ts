import { type RedisServer, startRedisProcess } from '../../testkit/redisProcess';

export { missingRedis, type RedisServer } from '../../testkit/redisProcess';

const stops = new Set<() => Promise<void>>();
afterAll(async () => {
  await Promise.all([...stops].map((stop) => stop()));
});

/** Starts a Redis. It is stopped at the end of the test file. */
export async function startRedis(): Promise<RedisServer> {
  const server = await startRedisProcess();
  stops.add(server.kill);
  return server;
}
