import { randomUUID } from 'node:crypto';
import type { ApplicationConfig, ApplicationDependencies } from '../../src/application';
import type { DatabaseConfig } from '../../src/config/database';
import { openMongoStore } from '../../src/stores/mongo/store';
import { createLogger } from '../../src/utils/logger';
import { type RunningServer, startServer, TEST_CONFIG } from '../../testkit/server';
import { pollUntil } from '../../testkit/waiting';
import { present } from '../contract/storeFixture';
import { sharedPasswords } from './sharedPasswords';
import { mongoUrlForTest } from './testMongo';

/** Shorter than in production, so that tests are quick. */
const BEAT_MS = 200;

const open = new Set<RunningServer>();
afterAll(async () => {
  await Promise.all([...open].map((server) => server.close()));
});

export interface TestFleetOptions {
  nodes?: number;
  redisUrl?: string | null;
  config?: Partial<ApplicationConfig>;
  parts?: (node: number) => Partial<ApplicationDependencies>;
  /** Without one, a new database. */
  database?: DatabaseConfig;
}

/** Starts several servers in this process, on one MongoDB database. They are stopped at the end of the test file. */
export async function startFleet(options: TestFleetOptions = {}): Promise<RunningServer[]> {
  const { nodes = 2, redisUrl = null, config = {}, parts = () => ({}) } = options;
  const { database = newDatabase() } = options;
  const servers: RunningServer[] = [];
  for (let node = 0; node < nodes; node += 1) {
    const server = await startServer({
      database,
      config: { redisUrl, nodeId: `node-${node}-${randomUUID().slice(0, 8)}`, ...config },
      parts: {
        logger: createLogger('silent'),
        passwords: sharedPasswords(config.bcryptRounds ?? TEST_CONFIG.bcryptRounds),
        waits: { beatMs: BEAT_MS },
        ...parts(node),
      },
    });
    open.add(server);
    servers.push(server);
  }
  return servers;
}

function newDatabase(): DatabaseConfig {
  const url = mongoUrlForTest();
  if (url === null) throw new Error('this run has no MongoDB');
  return { kind: 'mongodb', url };
}

/** Stops one server before the end of the test file. */
export async function stopNode(server: RunningServer): Promise<void> {
  open.delete(server);
  await server.close();
}

/** Resolves when each node on the database has written so many beats from now on. */
export async function untilBeats(url: string, count: number): Promise<void> {
  const store = await openMongoStore(url);
  const read = () => present(store.fleet).readBeats();
  const before = new Map((await read()).map(({ node, counter }) => [node, counter]));
  await pollUntil(read, (beats) =>
    beats.every(({ node, counter }) => counter >= (before.get(node) ?? 0) + count),
  );
  await store.close();
}
