import { randomUUID } from 'node:crypto';
import type { ApplicationConfig, ApplicationDependencies } from '../../src/application';
import type { DatabaseConfig } from '../../src/config/database';
import { openMongoStore } from '../../src/stores/mongo/store';
import { createLogger } from '../../src/utils/logger';
import { type RunningServer, startServer, TEST_CONFIG } from '../../testkit/server';
import { pollUntil } from '../../testkit/waiting';
import { present } from '../contract/storeFixture';
import { closeAfterwards, closedByTest } from './openServers';
import { sharedPasswords } from './sharedPasswords';
import { mongoUrlForTest } from './testMongo';
import { STREAMS_ABORT_MS } from './testServer';

/** Shorter than in production, so that tests are quick. */
const BEAT_MS = 200;

export interface TestFleetOptions {
  nodes?: number;
  redisUrl?: string | null;
  config?: Partial<ApplicationConfig>;
  parts?: (node: number) => Partial<ApplicationDependencies>;
  /** Without one, a new database. */
  database?: DatabaseConfig;
}

/**
 * Starts several servers in this process, on one MongoDB database. They are stopped after the test, or at the end of the file if they
 * were started outside of one.
 */
export async function startFleet(options: TestFleetOptions = {}): Promise<RunningServer[]> {
  const { nodes = 2, redisUrl = null, config = {}, database = newDatabase() } = options;
  const { parts = (): Partial<ApplicationDependencies> => ({}) } = options;
  const servers: RunningServer[] = [];
  for (let node = 0; node < nodes; node += 1) {
    const own = parts(node);
    const server = await startServer({
      database,
      config: { redisUrl, nodeId: `node-${node}-${randomUUID().slice(0, 8)}`, ...config },
      parts: {
        logger: createLogger('silent'),
        passwords: sharedPasswords(config.bcryptRounds ?? TEST_CONFIG.bcryptRounds),
        ...own,
        waits: { beatMs: BEAT_MS, streamsAbortMs: STREAMS_ABORT_MS, ...own.waits },
      },
    });
    closeAfterwards(server);
    servers.push(server);
  }
  return servers;
}

function newDatabase(): DatabaseConfig {
  const url = mongoUrlForTest();
  if (url === null) throw new Error('this run has no MongoDB');
  return { kind: 'mongodb', url };
}

/** Stops one server before the others. */
export async function stopNode(server: RunningServer): Promise<void> {
  closedByTest(server);
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
