import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Application,
  type ApplicationConfig,
  createApplication,
  type Parts,
} from '../../src/application';
import type { DatabaseConfig } from '../../src/config/database';
import { createPrometheusMeter } from '../../src/metrics/prometheusMeter';
import type { ChatStore } from '../../src/stores/chatStore';
import { createLogger } from '../../src/utils/logger';
import { builtPage } from './serverBuild';
import { mongoUrlForTest } from './testMongo';

/** A server that listens on loopback, on a port of its own. */
export interface TestServer {
  url: string;
  database: DatabaseConfig;
  /** Returns the current metrics of this server, without those of its process. */
  scrape(): Promise<string>;
  /** Stops the server gracefully; its database stays. */
  close(): Promise<void>;
  /** Stops it and starts another one on the same database and port. */
  restart(): Promise<void>;
}

export interface TestServerOptions {
  database?: DatabaseConfig;
  config?: Partial<ApplicationConfig>;
  parts?: Partial<Parts>;
  /** What the server uses instead of the store that it opens, such as `HeldStore.wrap`. */
  wrapStore?: WrapStore;
}

type WrapStore = (store: ChatStore) => ChatStore;

const CONFIG: Omit<ApplicationConfig, 'database'> = {
  host: '127.0.0.1',
  port: 0,
  jwtSecrets: ['a secret that is long enough for every test'],
  jwtExpiresInMs: 3_600_000,
  refreshExpiresInMs: 30 * 86_400_000,
  corsOrigins: ['http://localhost:3000'],
  trustProxy: false,
  // The fewest that bcryptjs takes: what is tested is that it is used, not how long it lasts.
  bcryptRounds: 4,
  authRatePerMinute: 0,
  connectRatePerMinute: 0,
  messageRatePerSecond: 0,
  // Only the tests of the page need it.
  webClient: false,
};

const openServers = new Set<Application>();
const directories: string[] = [];

afterAll(async () => {
  await Promise.all([...openServers].map((application) => application.close()));
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

/** The databases of this run, each with how to get a new, empty one. */
export const testDatabases: readonly (readonly [name: string, make: () => DatabaseConfig])[] = [
  ['SQLite', newSqliteDatabase],
  ...(mongoUrlForTest() === null ? [] : ([['MongoDB', newMongoDatabase]] as const)),
];

/** Starts a server that stops by itself at the end of the test file. Without a database it gets a new SQLite file. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const { database = newSqliteDatabase(), config, parts, wrapStore } = options;

  async function start(port: number) {
    const logger = createLogger('silent');
    const meter = createPrometheusMeter();
    const application = await createApplication(
      { ...CONFIG, port, database, ...config },
      { logger, meter, pageDirectory: builtPage(), ...parts, ...(wrapStore && { wrapStore }) },
    );
    openServers.add(application);
    const address = await application.start();
    return { application, meter, port: address.port };
  }

  let running = await start(0);
  const close = async () => {
    openServers.delete(running.application);
    await running.application.close();
  };
  return {
    url: `http://127.0.0.1:${running.port}`,
    database,
    scrape: () => running.meter.scrape(),
    close,
    async restart() {
      await close();
      running = await start(running.port);
    },
  };
}

export function newSqliteDatabase(): Extract<DatabaseConfig, { kind: 'sqlite' }> {
  const directory = mkdtempSync(join(tmpdir(), 'smart-chat-'));
  directories.push(directory);
  return { kind: 'sqlite', path: join(directory, 'chat.db') };
}

function newMongoDatabase(): DatabaseConfig {
  const url = mongoUrlForTest();
  if (url === null) throw new Error('this run has no MongoDB');
  return { kind: 'mongodb', url };
}
