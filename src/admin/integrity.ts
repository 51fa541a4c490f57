import { type SqliteDatabase, text } from '../stores/sqlite/driver';
import { NEWEST_SCHEMA, schemaOf } from '../stores/sqlite/migrations';
import { primaryResultCode } from '../stores/sqlite/protocol';
import { isSystemError } from '../utils/systemError';
import { AdminError, type ErrorTranslator } from './command';
import { tablesOf } from './sqliteRows';
import type { DatabaseSummary } from './summary';

const TABLES = ['users', 'logins', 'sessions', 'messages'];
/** No foreign key covers this: the key of the session is a part of `place`. */
const SCHEMA_WITH_PLACES = 2;
const SCHEMA_WITH_DELETIONS = 5;
const SESSION_KEYS = 'SELECT key FROM sessions';
const ALL_SESSION_KEYS = `${SESSION_KEYS} UNION ALL SELECT key FROM deleted_sessions`;

/** Primary result codes (https://sqlite.org/rescode.html). */
export const BUSY = 5;
const CORRUPT = 11;
const FULL = 13;
const NOTADB = 26;

/** Throws unless the file is a chat database with a schema that this program can read. */
export function requireChatDatabase(
  database: SqliteDatabase,
  path: string,
  { allowOlderSchema = false } = {},
): void {
  const schema = schemaOf(database);
  if (schema === 0 || !TABLES.every((table) => tablesOf(database).includes(table))) {
    throw new AdminError(`${path} is a SQLite database, but not one of this chat server.`);
  }
  if (schema > NEWEST_SCHEMA) {
    throw new AdminError(
      `${path} has schema ${schema}, but this version supports ${NEWEST_SCHEMA} at most: update the server.`,
    );
  }
  if (schema < NEWEST_SCHEMA && !allowOlderSchema) {
    throw new AdminError(
      `${path} has schema ${schema}, but ${NEWEST_SCHEMA} is needed: run "smart-chat-server migrate" on it first.`,
    );
  }
}

/** Throws if the file is damaged, or if a record refers to one that does not exist. */
export function requireIntegrity(database: SqliteDatabase, path: string): void {
  const [problem] = database.prepare('PRAGMA integrity_check(1)').all();
  const verdict = text(problem?.integrity_check).replace(/^\*\*\*.*\*\*\*\s*/, '');
  if (verdict !== 'ok') throw damaged(path, verdict);
  const orphan = database.prepare('PRAGMA foreign_key_check').get();
  if (orphan) throw orphaned(path, text(orphan.table), text(orphan.parent));
  if (hasStrayMessage(database)) throw orphaned(path, 'messages', 'sessions');
}

function hasStrayMessage(database: SqliteDatabase): boolean {
  const schema = schemaOf(database);
  if (schema < SCHEMA_WITH_PLACES) return false;
  const keys = schema < SCHEMA_WITH_DELETIONS ? SESSION_KEYS : ALL_SESSION_KEYS;
  return (
    database.prepare(`SELECT 1 FROM messages WHERE place >> 32 NOT IN (${keys}) LIMIT 1`).get() !== undefined
  );
}

/** Stored in a backup, so that a restore can detect a changed bit in a text, which SQLite can't. */
export interface BackupRecord {
  /** ISO 8601 UTC. */
  madeAt: string;
  /** The summary of the rows. */
  summary: DatabaseSummary;
}

/** Adds the record to a backup, in a table of its own. */
export function writeBackupRecord(database: SqliteDatabase, record: BackupRecord): void {
  database.exec('CREATE TABLE backup (record TEXT NOT NULL) STRICT');
  database.prepare('INSERT INTO backup VALUES (?)').run(JSON.stringify(record));
}

/**
 * Removes the record from a backup and returns it. Null if there is none, as in a file that was copied by other means, or if it
 * has no summary: the checksums in records with `holdings` instead do not cover every row.
 */
export function takeBackupRecord(database: SqliteDatabase): BackupRecord | null {
  if (!tablesOf(database).includes('backup')) return null;
  const row = database.prepare('SELECT record FROM backup').get();
  const { madeAt, summary }: Partial<BackupRecord> = JSON.parse(text(row?.record));
  database.exec('DROP TABLE backup');
  return madeAt && summary ? { madeAt, summary } : null;
}

/**
 * Explains SQLite's errors for the file at `path`. If the work also writes to a file, `writtenPath` is that file: only it can
 * be out of disk space.
 */
export function createSqliteErrorTranslator(path: string, writtenPath = path): ErrorTranslator {
  return (error) => {
    if (!(error instanceof Error && isSystemError(error, 'ERR_SQLITE_ERROR'))) return error;
    const code = primaryResultCode(error);
    if (code === NOTADB) return new AdminError(`${path} is not a SQLite database.`);
    // With the SQLite of the package, errors in `all` have no result code.
    if (code === CORRUPT || error.message.includes('malformed')) return damaged(path, error.message);
    if (code === BUSY)
      return new AdminError(`${path} is locked by another program: try again when that is done.`);
    const name = code === FULL ? writtenPath : path;
    return new AdminError(`${name} can't be read or written: ${error.message}.`);
  };
}

function orphaned(path: string, table: string, parent: string): AdminError {
  return damaged(path, `a row of "${table}" belongs to none of "${parent}"`);
}

function damaged(path: string, problem: string): AdminError {
  return new AdminError(`${path} is damaged (${problem}).`);
}
