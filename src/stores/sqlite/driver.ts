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

/** Converts a row. Null if the statement found none. */
export function mapRow<T>(row: Row | undefined, map: (row: Row) => T): T | null {
  return row ? map(row) : null;
}
