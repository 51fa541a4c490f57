import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { openDatabaseFile, type SqliteDatabase } from './driver';

/** How long a commit waits for another process's lock, in milliseconds: below the 3 s in which a request must be answered. */
const BUSY_TIMEOUT_MS = 2_000;
/** How long it waits once that was in vain: what has queued up behind that wait must be answered in its 3 s too. */
const SHORT_BUSY_TIMEOUT_MS = 100;

/**
 * How long the log may become before what it has is written to the database, in pages of 4 KB; SQLite's own is 1,000. A busy page
 * is in it again and again, and then written once.
 */
const CHECKPOINT_PAGES = 4_000;

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
    database.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Sets how long the next commits wait for another process's lock. */
export function setPatience(database: SqliteDatabase, isImpatient: boolean): void {
  database.exec(`PRAGMA busy_timeout = ${isImpatient ? SHORT_BUSY_TIMEOUT_MS : BUSY_TIMEOUT_MS}`);
}
