import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import type { SqliteDatabase } from '../../stores/sqlite/driver';
import { migrate } from '../../stores/sqlite/migrations';
import { writersSaying } from '../transfer/saying';
import type { TransferTarget } from '../transfer/transfer';
import { ownPlace } from './ownership';
import { requireSound, toTransferError, unansweredIn } from './soundness';
import { openStaged } from './stagedDatabase';
import { StagedFile } from './stagedFile';
import { countsOf, readersOf } from './transferReader';
import { writersOf } from './transferWriter';

/**
 * Makes a database file beside `path` that gets this name when it is complete. Throws a `TransferError` if there is a file
 * already, other than an empty chat database that no server uses.
 */
export function openSqliteTarget(path: string): TransferTarget {
  const place = ownPlace(path);
  place.requireEmpty();
  const staged = new StagedFile(place.path);
  const database = openNew(staged.path, path);
  return {
    write: writersSaying(writersOf(database), (error) => toTransferError(error, path)),
    written: { read: readersOf(database), count: async () => countsOf(database) },
    countUnanswered: async () => unansweredIn(database),
    async complete() {
      requireSound(database, staged.path);
      if (!place.isTaken) return staged.install();
      // A name of its own: what a killed copy has left must not be in the way.
      const empty = `${place.path}.empty-${randomUUID()}`;
      staged.replace(empty);
      rmSync(empty);
    },
    abandon: () => staged.remove(),
    async close() {
      database.close();
      place.release();
    },
  };
}

function openNew(staged: string, path: string): SqliteDatabase {
  try {
    const database = openStaged(staged);
    // Until it has its name nobody minds what becomes of it; then all of it is on the disk.
    database.exec('PRAGMA synchronous = OFF');
    migrate(database);
    return database;
  } catch (error) {
    throw toTransferError(error, path);
  }
}
