import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { openDatabaseFile, type SqliteDatabase } from './driver';
import { fileIdentity } from './fileWatch';

/** How long a commit waits for another process's lock, in milliseconds: less than the 3 s in which a request must be answered. */
const BUSY_TIMEOUT_MS = 2_000;
/** The timeout after one that expired: the calls that queued up meanwhile must be answered within their 3 s too. */
const SHORT_BUSY_TIMEOUT_MS = 100;

/**
 * Length of the write-ahead log at which it is copied to the database, in pages of 4 KB; SQLite's default is 1,000. Busy pages are
 * in the log many times and are then copied once.
 */
export const CHECKPOINT_PAGES = 4_000;

/**
 * Opens the database file, and creates it and its folder if they are missing. `synchronous = FULL` makes every commit durable
 * before it returns, also in WAL mode.
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

const BUSY_TIMEOUTS = { normal: BUSY_TIMEOUT_MS, short: SHORT_BUSY_TIMEOUT_MS, none: 0 };

/** Sets how long the next commits wait for another process's lock. */
export function setBusyTimeout(database: SqliteDatabase, timeout: keyof typeof BUSY_TIMEOUTS): void {
  database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUTS[timeout]}`);
}

/**
 * Opens the database at `path` with `open`, which must read from it, and so take the lock that keeps other programs from replacing
 * the file. If the file was replaced just before, the opened one no longer has this name, and it is opened again.
 */
export function openInPlace(path: string, open: () => SqliteDatabase): SqliteDatabase {
  for (;;) {
    const before = fileIdentity(path);
    const database = open();
    if (before === null || before === fileIdentity(path)) return database;
    database.close();
  }
}
