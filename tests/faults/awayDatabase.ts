import type { DatabaseConfig } from '../../src/config/database';
import { openDatabaseFile, type SqliteDatabase } from '../../src/stores/sqlite/driver';
import { TcpProxy } from '../../testkit/tcpProxy';
import type { MongoProcess } from '../support/mongoProcess';
import { canStartOwnMongo, startOwnMongo } from '../support/mongoServers';
import { mongoUrlForTest } from '../support/testMongo';
import { newSqliteDatabase } from '../support/testServer';

/** A database that a test makes unavailable to its server and available again. */
export interface AwayDatabase {
  config: DatabaseConfig;
  /** The value of `DATABASE_URL`. */
  url: string;
  /** From now on the database completes no write. The server must have started. */
  takeAway(): void;
  giveBack(): Promise<void>;
  end(): Promise<void>;
}

/** SQLite whose write lock another connection holds; MongoDB whose process is frozen; MongoDB that cannot be reached. */
export const awayDatabases: readonly (readonly [name: string, make: () => Promise<AwayDatabase>])[] = [
  ['SQLite', async () => lockedSqlite()],
  ...(canStartOwnMongo()
    ? ([
        ['MongoDB, frozen', frozenMongo],
        ['MongoDB, unreachable', unreachableMongo],
      ] as const)
    : []),
];

if (!canStartOwnMongo() && mongoUrlForTest() !== null) {
  process.stderr.write(
    'SKIPPED: unavailable MongoDB, because this run does not own the server at TEST_MONGODB_URL\n',
  );
}

export function lockedSqlite(): AwayDatabase {
  const config = newSqliteDatabase();
  if (config.kind !== 'sqlite') throw new Error('not SQLite');
  const { path } = config;
  let lock: SqliteDatabase | null = null;
  const giveBack = async () => {
    lock?.close();
    lock = null;
  };
  return {
    config,
    url: `sqlite://${path}`,
    takeAway() {
      lock = openDatabaseFile(path, 2_000);
      lock.exec('BEGIN IMMEDIATE');
    },
    giveBack,
    end: giveBack,
  };
}

export async function frozenMongo(): Promise<AwayDatabase> {
  const mongo = await ownMongo();
  return {
    ...at(new URL(mongo.url).host),
    takeAway: () => mongo.pause(),
    giveBack: async () => mongo.resume(),
    end: () => mongo.stop(),
  };
}

/** To its clients it looks like a server that was stopped and started again: no connection at first, then all its data. */
async function unreachableMongo(): Promise<AwayDatabase> {
  const mongo = await ownMongo();
  const proxy = await TcpProxy.to(mongo.url);
  return {
    ...at(proxy.host),
    takeAway: () => proxy.refuse(),
    giveBack: () => proxy.accept(),
    async end() {
      proxy.refuse();
      await mongo.stop();
    },
  };
}

async function ownMongo(): Promise<MongoProcess> {
  const mongo = await startOwnMongo();
  if (!mongo) throw new Error('This run has no MongoDB of its own');
  return mongo;
}

function at(host: string): Pick<AwayDatabase, 'config' | 'url'> {
  // With idle connections, a command is on its way when the server stops, whatever else the process is waiting for.
  const url = `mongodb://${host}/chat?directConnection=true&minPoolSize=8`;
  return { config: { kind: 'mongodb', url }, url };
}
