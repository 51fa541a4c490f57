import { statSync } from 'node:fs';
import { backUp, integer, openDatabaseFile, type SqliteDatabase } from '../stores/sqlite/driver';
import { AdminError } from './command';
import { requireChatDatabase } from './integrity';

const BUSY_TIMEOUT_MS = 2_000;
/** Pages copied per batch, 4 MiB. Signals are handled between batches. */
const BATCH_PAGES = 1_024;

/** A SQLite chat database as of one moment. Servers can write to it meanwhile: in WAL mode, readers don't block writers. */
export interface Snapshot {
  /** A connection in a read transaction. */
  readonly database: SqliteDatabase;
  /** Copies the database to a new file. */
  copyTo(path: string): Promise<void>;
  /** Whether another process has written to the database since. */
  hasChanged(): boolean;
  close(): void;
}

/**
 * Throws an `AdminError` if the file is not a chat database with a known schema. Only `copyTo` and raw rows can be used if its
 * schema is older than the newest one.
 */
export function openSnapshot(path: string, options: { allowOlderSchema?: boolean } = {}): Snapshot {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) throw new AdminError(`There is no file ${path}.`);
  // In its transaction the first connection sees no changes, so a second one observes them.
  const observer = openReadOnly(path);
  const initialVersion = dataVersion(observer);
  const database = openReadOnly(path);
  database.exec('BEGIN');
  // The first read determines the moment.
  requireChatDatabase(database, path, options);
  return {
    database,
    copyTo: (copy) => backUp(database, copy, { rate: BATCH_PAGES }),
    hasChanged: () => dataVersion(observer) !== initialVersion,
    close() {
      // With the SQLite of the package, closing alone doesn't end the transaction.
      database.exec('ROLLBACK');
      database.close();
      observer.close();
    },
  };
}

function openReadOnly(path: string): SqliteDatabase {
  const database = openDatabaseFile(path, BUSY_TIMEOUT_MS);
  database.exec('PRAGMA query_only = ON');
  return database;
}

/** A number that changes with each commit of another connection. */
function dataVersion(database: SqliteDatabase): number {
  return integer(database.prepare('PRAGMA data_version').get()?.data_version);
}
