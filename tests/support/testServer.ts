import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import type { ApplicationConfig, ApplicationDependencies } from '../../src/application';
import type { DatabaseConfig } from '../../src/config/database';
import { createPrometheusMeter } from '../../src/metrics/prometheusMeter';
import type { ChatStore } from '../../src/stores/chatStore';
import { times } from '../../testkit/builders';
import { sqliteIn, startServer, TEST_CONFIG } from '../../testkit/server';
import { createTemporaryFolder } from '../../testkit/serverProcess';
import { figuresIn } from './figures';
import { closeAfterwards, closedByTest } from './openServers';
import { type RedisServer, startRedis } from './redisServer';
import { startRoundRobin } from './roundRobin';
import { builtPage } from './serverBuild';
import { sharedPasswords } from './sharedPasswords';
import { mongoUrlForTest } from './testMongo';

/** A server that listens on loopback, on a port of its own. */
export interface TestServer {
  url: string;
  database: DatabaseConfig;
  /** Returns the current metrics of this server, without those of its process. The sums, if it is several nodes. */
  scrape(): Promise<string>;
  /** Stops the server gracefully; its database stays. */
  close(): Promise<void>;
  /** Stops it and starts another one on the same database and port. */
  restart(): Promise<void>;
}

export interface TestServerOptions {
  database?: DatabaseConfig;
  config?: Partial<ApplicationConfig>;
  parts?: Partial<ApplicationDependencies>;
  /** Wraps the store that the server opens, such as `HeldStore.wrap`. */
  wrapStore?: WrapStore;
}

/** Shorter than in production: many tests end with replies that are never finished. */
export const STREAMS_ABORT_MS = 500;

type CompleteOptions = TestServerOptions & { database: DatabaseConfig };

type WrapStore = (store: ChatStore) => ChatStore;

const directories: string[] = [];

// After `openServers` has closed the servers.
afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

/** With `FLEET=3`, all servers are on MongoDB, and each of them is three nodes behind a load balancer. */
export const NODES = Number(process.env.FLEET ?? '1');
/** For a test of what each node counts, limits or orders by itself, or of the SQLite file. Skipped if a server is several nodes. */
export const testOfOneNode = NODES > 1 ? test.skip : test;

let redis: Promise<RedisServer> | undefined;

/** The databases of this run, each with a function that names a new, empty one. */
export const testDatabases: readonly (readonly [name: string, make: () => DatabaseConfig])[] = [
  ...(NODES > 1 ? [] : ([['SQLite', newSqliteDatabase]] as const)),
  ...(mongoUrlForTest() === null ? [] : ([['MongoDB', newMongoDatabase]] as const)),
];

/** Starts a server that is stopped after the test, or at the end of the file if it was started outside of one. Without a database it gets a new one. */
export function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const { database = NODES > 1 ? newMongoDatabase() : newSqliteDatabase() } = options;
  const complete = { ...options, database };
  return database.kind === 'mongodb' && NODES > 1 ? startTestNodes(complete) : startOne(complete);
}

async function startTestNodes(options: CompleteOptions): Promise<TestServer> {
  redis ??= startRedis();
  const config = { redisUrl: (await redis).url, ...options.config };
  const waits = { beatMs: 200, ...options.parts?.waits };
  const nodes = await Promise.all(
    times(NODES, async () => {
      const nodeId = randomUUID().slice(0, 8);
      const parts = { ...options.parts, waits };
      return { nodeId, ...(await startOne({ ...options, config: { ...config, nodeId }, parts })) };
    }),
  );
  const balancer = await startRoundRobin(nodes);
  closeAfterwards(balancer);
  return {
    url: balancer.url,
    database: options.database,
    async scrape() {
      const sums: Record<string, number> = {};
      for (const scraped of await Promise.all(nodes.map((node) => node.scrape()))) {
        for (const [name, value] of Object.entries(figuresIn(scraped)))
          sums[name] = (sums[name] ?? 0) + value;
      }
      return Object.entries(sums)
        .map(([name, value]) => `${name} ${value}`)
        .join('\n');
    },
    async close() {
      closedByTest(balancer);
      await Promise.all(nodes.map((node) => node.close()));
      await balancer.close();
    },
    async restart() {
      await Promise.all(nodes.map((node) => node.restart()));
    },
  };
}

async function startOne(options: CompleteOptions): Promise<TestServer> {
  const { database, config, parts, wrapStore } = options;
  let meter = createPrometheusMeter();
  const server = await startServer({
    database,
    ...(config && { config }),
    parts() {
      meter = createPrometheusMeter();
      const passwords = sharedPasswords(config?.bcryptRounds ?? TEST_CONFIG.bcryptRounds);
      const waits = { streamsAbortMs: STREAMS_ABORT_MS, ...parts?.waits };
      const own = { meter, passwords, pageDirectory: builtPage() };
      return { ...own, ...parts, waits, ...(wrapStore && { wrapStore }) };
    },
  });
  closeAfterwards(server);
  return {
    url: server.url,
    database,
    scrape: () => meter.scrape(),
    close() {
      closedByTest(server);
      return server.close();
    },
    restart: () => server.restart(),
  };
}

export function newSqliteDatabase(): Extract<DatabaseConfig, { kind: 'sqlite' }> {
  return sqliteIn(newTestFolder());
}

/** A folder for temporary files, which is removed at the end of the test file. */
export function newTestFolder(): string {
  const directory = createTemporaryFolder();
  directories.push(directory);
  return directory;
}

function newMongoDatabase(): DatabaseConfig {
  const url = mongoUrlForTest();
  if (url === null) throw new Error('this run has no MongoDB');
  return { kind: 'mongodb', url };
}
