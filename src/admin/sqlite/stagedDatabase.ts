import { openDatabaseFile, type SqliteDatabase } from '../../stores/sqlite/driver';
import type { Steps } from '../transfer/steps';
import type { Holdings } from '../transfer/tally';
import { rowHoldingsOf } from './rowTally';
import { requireSound, toTransferError } from './soundness';

/** Opens a database that nobody else knows yet. It is one file, with nothing beside it: any medium can keep it. */
export function openStaged(path: string): SqliteDatabase {
  const database = openDatabaseFile(path, 0);
  database.exec('PRAGMA journal_mode = DELETE');
  database.exec('PRAGMA foreign_keys = ON');
  return database;
}

/** Reads everything in it, its structure and its rows. Throws a `TransferError` that names it as `name` if it is damaged. */
export async function checkStaged(database: SqliteDatabase, name: string, steps: Steps): Promise<Holdings> {
  try {
    const show = steps.begin('Checking the structure', 1, 'file');
    requireSound(database, name);
    show(1);
    return await rowHoldingsOf(database, steps, 'Reading the copy');
  } catch (error) {
    throw toTransferError(error, name);
  }
}
