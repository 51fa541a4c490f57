import { mkdirSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { openDatabaseFile, type SqliteDatabase, text } from '../../stores/sqlite/driver';
import { primaryResultCode } from '../../stores/sqlite/errors';
import { sumOf } from '../transfer/records';
import { TransferError } from '../transfer/transfer';
import { requireChatDatabase, toTransferError } from './soundness';
import { countsOf } from './transferReader';

const BUSY = 5;
/** Long enough for who just reads, in milliseconds. */
const BUSY_TIMEOUT_MS = 1_000;

/** Someone opened the file between two steps. */
class InUse extends Error {}

/** The place of a database file that no one else uses until it is released. */
export interface OwnedPlace {
  /** The file's own name, past links to it. */
  readonly path: string;
  /** Whether there is a file. */
  readonly isTaken: boolean;
  /** Throws unless the file that is there is an empty chat database. */
  requireEmpty(): void;
  release(): void;
}

/**
 * Makes sure that no server uses the database at `path`, and that none can. A running server holds a lock of SQLite on the
 * file, which the system takes from it when it dies, so whoever gets the file for itself is alone with it. What servers
 * left in the write-ahead log is in the file from then on. Throws a `TransferError` if the file is in use, or can't be
 * read, as nobody can tell then.
 */
export function ownPlace(path: string): OwnedPlace {
  mkdirSync(dirname(path), { recursive: true });
  if (!statSync(path, { throwIfNoEntry: false })) return freePlace(path);
  const real = realpathSync(path);
  const database = openAlone(real, path);
  return {
    path: real,
    isTaken: true,
    requireEmpty() {
      requireChatDatabase(database, path, { older: false });
      if (sumOf(countsOf(database)) === 0) return;
      throw new TransferError(`${path} is not empty: name another one. What is in it stays as it is.`);
    },
    release: () => database.close(),
  };
}

function freePlace(path: string): OwnedPlace {
  const left = ['-wal', '-shm', '-journal'].map((end) => path + end).filter((name) => isThere(name));
  if (left.length === 0) return { path, isTaken: false, requireEmpty() {}, release() {} };
  // SQLite would take them for what the new file lacks.
  throw new TransferError(
    `There is no ${path}, but ${left.join(' and ')} of an earlier one: move that away.`,
  );
}

function openAlone(real: string, path: string): SqliteDatabase {
  let database: SqliteDatabase | undefined;
  try {
    database = openDatabaseFile(real, BUSY_TIMEOUT_MS);
    takeAlone(database);
    return database;
  } catch (error) {
    database?.close();
    throw refusal(error, path);
  }
}

function takeAlone(database: SqliteDatabase): void {
  // To leave WAL mode needs the file for oneself, and so does a transaction outside of it.
  database.exec('PRAGMA journal_mode = DELETE');
  database.exec('BEGIN EXCLUSIVE');
  const mode = text(database.prepare('PRAGMA journal_mode').get()?.journal_mode);
  if (mode !== 'delete') throw new InUse();
}

function refusal(error: unknown, path: string): unknown {
  if (error instanceof InUse || primaryResultCode(error) === BUSY) {
    return new TransferError(`A server or another program uses ${path}: stop it first. Nothing was changed.`);
  }
  const unreadable = toTransferError(error, path);
  if (!(unreadable instanceof TransferError)) return unreadable;
  return new TransferError(
    `${unreadable.message} So it can't be told whether a server uses it: stop the server, move the file away with ` +
      `the ${path}-wal and ${path}-shm beside it, and try again.`,
  );
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
