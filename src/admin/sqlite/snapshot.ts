import { statSync } from 'node:fs';
import { backUp, integer, openDatabaseFile, type SqliteDatabase } from '../../stores/sqlite/driver';
import { primaryResultCode } from '../../stores/sqlite/errors';
import { readersSaying } from '../transfer/saying';
import type { Steps } from '../transfer/steps';
import type { Holdings } from '../transfer/tally';
import { TransferError, type TransferSource } from '../transfer/transfer';
import { rowHoldingsOf } from './rowTally';
import { requireChatDatabase, toTransferError } from './soundness';
import { countsOf, readersOf } from './transferReader';

const BUSY_TIMEOUT_MS = 2_000;
/** SQLite's code for a full disk: only what is written to can be full. */
const FULL = 13;
/** Pages that are copied between two looks at the progress: 4 MiB. */
const PAGES_AT_ONCE = 1_024;

/**
 * A chat database as it is at one moment. It stays so while it is open, whatever servers write to the file meanwhile, and
 * they don't wait for it: in WAL mode nobody who reads keeps others from writing.
 */
export interface Snapshot extends TransferSource {
  /** How large the file is. */
  readonly pages: number;
  /** Copies the file to a new one at `path`, which will be `name`, and tells how many pages are copied. */
  copyTo(path: string, show: (copied: number) => void, name: string): Promise<void>;
  /** What it holds, row by row. */
  rowHoldings(steps: Steps, name: string): Promise<Holdings>;
}

/**
 * Throws a `TransferError` if the file is no chat database, or one of a schema that this program doesn't know. With
 * `older` the schema may be one from before the newest; then only its pages and rows can be read.
 */
export function openSnapshot(path: string, { older = false } = {}): Snapshot {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile())
    throw new TransferError(`There is no file ${path}.`);
  try {
    const watching = watch(path);
    const database = openReadOnly(path);
    database.exec('BEGIN');
    // The first read is the moment.
    requireChatDatabase(database, path, { older });
    return snapshotOf(database, path, watching);
  } catch (error) {
    throw toTransferError(error, path);
  }
}

function snapshotOf(database: SqliteDatabase, path: string, watching: Watching): Snapshot {
  const inSentences = async <T>(work: () => T | Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw toTransferError(error, path);
    }
  };
  const pages = integer(database.prepare('PRAGMA page_count').get()?.page_count);
  return {
    pages,
    isSnapshot: true,
    hasChanged: watching.hasChanged,
    read: readersSaying(readersOf(database), (error) => toTransferError(error, path)),
    count: () => inSentences(() => countsOf(database)),
    async copyTo(copy, show, name) {
      const progress = ({ remainingPages }: { remainingPages: number }) => show(pages - remainingPages);
      try {
        await backUp(database, copy, { rate: PAGES_AT_ONCE, progress });
      } catch (error) {
        throw toTransferError(error, primaryResultCode(error) === FULL ? name : path);
      }
      show(pages);
    },
    rowHoldings: (steps, name) => inSentences(() => rowHoldingsOf(database, steps, name)),
    async close() {
      // Where SQLite comes from a package, closing alone doesn't let go of what is read.
      database.exec('ROLLBACK');
      database.close();
      watching.close();
    },
  };
}

function openReadOnly(path: string): SqliteDatabase {
  const database = openDatabaseFile(path, BUSY_TIMEOUT_MS);
  database.exec('PRAGMA query_only = ON');
  return database;
}

/** Tells whether anyone has written to the file since. */
interface Watching {
  hasChanged(): boolean;
  close(): void;
}

function watch(path: string): Watching {
  const database = openReadOnly(path);
  // Another number after each commit of another connection.
  const version = () => integer(database.prepare('PRAGMA data_version').get()?.data_version);
  const atFirst = version();
  return { hasChanged: () => version() !== atFirst, close: () => database.close() };
}
