import type { DatabaseConfig } from '../../src/config/database';
import { openDatabaseFile, type SqliteDatabase } from '../../src/stores/sqlite/driver';
import { TcpProxy } from '../../testkit/tcpProxy';
import type { MongoProcess } from '../support/mongoProcess';
import { canStartOwnMongo, startOwnMongo } from '../support/mongoServers';
import { mongoUrlForTest } from '../support/testMongo';
import { newSqliteDatabase } from '../support/testServer';

/** A database that a test can take away from its server and give back. */
export interface AwayDatabase {
  config: DatabaseConfig;
  /** What the server is told as `DATABASE_URL`. */
  url: string;
  /** From now on no write is answered; the server must have started. */
  takeAway(): void;
  giveBack(): Promise<void>;
  end(): Promise<void>;
}

/** SQLite, of which another connection holds the write lock; MongoDB, whose process is frozen, or not to be reached. */
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
  process.stderr.write('SKIPPED: MongoDB taken away, because the server at TEST_MONGODB_URL is not ours\n');
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

async function frozenMongo(): Promise<AwayDatabase> {
  const mongo = await ownMongo();
  return {
    ...at(new URL(mongo.url).host),
    takeAway: () => mongo.pause(),
    giveBack: async () => mongo.resume(),
    end: () => mongo.stop(),
  };
}

/** What its clients see of a server that was stopped and started again: first no connection, then all its data. */
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
  if (!mongo) throw new Error('no MongoDB of our own');
  return mongo;
}

function at(host: string): Pick<AwayDatabase, 'config' | 'url'> {
  const url = `mongodb://${host}/chat?directConnection=true`;
  return { config: { kind: 'mongodb', url }, url };
}
