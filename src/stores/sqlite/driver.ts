import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileIdentity } from './fileWatch';
/** A value as SQLite binds and returns it. */
export type SqlValue = null | number | bigint | string | Uint8Array;
export type Row = Record<string, SqlValue>;

/** The part of `node:sqlite` that the store uses. */
export interface SqliteDatabase {
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
  close(): void;
}

export interface SqliteStatement {
  get(...parameters: SqlValue[]): Row | undefined;
  all(...parameters: SqlValue[]): Row[];
  run(...parameters: SqlValue[]): { changes: number | bigint };
}

interface SqliteModule {
  DatabaseSync: new (path: string, options: { timeout: number }) => SqliteDatabase;
  backup(source: SqliteDatabase, path: string, options: BackupOptions): Promise<number>;
}

interface BackupOptions {
  /** Pages per batch. Batches are copied in another thread. */
  rate: number;
}

/** SQLite before this one can corrupt a WAL database that two connections write (https://sqlite.org/wal.html#walresetbug). */
const OLDEST_SAFE_SQLITE = [3, 51, 3] as const;

/** Opens the database file. `busyTimeoutMs` is how long a statement waits for another process's lock. */
export function openDatabaseFile(path: string, busyTimeoutMs: number): SqliteDatabase {
  const { DatabaseSync } = sqliteModule();
  return new DatabaseSync(path, { timeout: busyTimeoutMs });
}

/** Rolls back the transaction if there is one: after some errors SQLite has rolled it back already. */
export function rollBack(database: SqliteDatabase): void {
  try {
    database.exec('ROLLBACK');
  } catch {
    // There was nothing to roll back.
  }
}

/** Copies the database page by page into a new file at `path`. */
export async function backUp(source: SqliteDatabase, path: string, options: BackupOptions): Promise<void> {
  await sqliteModule().backup(source, path, options);
}

/** Node's own SQLite or, if Node has none or one that is too old, the package with the same API. */
function sqliteModule(): SqliteModule {
  return isSafe(process.versions.sqlite) ? nodeSqlite() : require('@photostructure/sqlite');
}

/** Suppresses the warning with which Node 22 announces that the module is experimental. */
function nodeSqlite(): SqliteModule {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return require('node:sqlite');
  } finally {
    process.emitWarning = emitWarning;
  }
}

function isSafe(version: string | undefined): boolean {
  if (!version) return false;
  const parts = version.split('.').map(Number);
  for (const [index, oldest] of OLDEST_SAFE_SQLITE.entries()) {
    const part = parts[index] ?? 0;
    if (part !== oldest) return part > oldest;
  }
  return true;
}

/** Reads a column that the schema declares `TEXT NOT NULL`. */
export function text(value: SqlValue | undefined): string {
  if (typeof value === 'string') return value;
  throw new TypeError(`a text column holds ${typeof value}`);
}

/** Reads a column that the schema declares `TEXT`. */
export function textOrNull(value: SqlValue | undefined): string | null {
  return value === null ? null : text(value);
}

/** Reads a column that the schema declares `INTEGER NOT NULL`. */
export function integer(value: SqlValue | undefined): number {
  if (typeof value === 'number') return value;
  throw new TypeError(`an integer column holds ${typeof value}`);
}

/** A parameter that is the text of a UUID, for a column that stores it as 16 bytes. Null stays null. */
export const UUID = "unhex(?, '-')";

/** Reads a UUID from a column that stores it as 16 bytes. */
export function uuidOf(value: SqlValue | undefined): string {
  if (!ArrayBuffer.isView(value)) throw new TypeError(`a UUID column holds ${typeof value}`);
  const hex = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Converts a row. Null if the statement found none. */
export function mapRow<T>(row: Row | undefined, map: (row: Row) => T): T | null {
  return row ? map(row) : null;
}

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
