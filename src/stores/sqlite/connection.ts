import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { openDatabaseFile, type SqliteDatabase } from './driver';

/** How long a commit waits for another process's lock, in milliseconds: below the 3 s in which a request must be answered. */
const BUSY_TIMEOUT_MS = 2_000;

/**
 * Opens the database file, and makes it and its folder where they are missing. `synchronous = FULL` puts every commit on
 * the disk before it returns, also in WAL mode.
 */
export function openConnection(path: string): SqliteDatabase {
  mkdirSync(dirname(path), { recursive: true });
  const database = openDatabaseFile(path, BUSY_TIMEOUT_MS);
  try {
    database.exec('PRAGMA journal_mode = WAL');
    database.exec('PRAGMA synchronous = FULL');
    database.exec('PRAGMA foreign_keys = ON');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
