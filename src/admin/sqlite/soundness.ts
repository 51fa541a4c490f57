import { integer, type SqliteDatabase, text } from '../../stores/sqlite/driver';
import { primaryResultCode } from '../../stores/sqlite/errors';
import { NEWEST_SCHEMA, schemaOf } from '../../stores/sqlite/migrations';
import { TransferError } from '../transfer/transfer';

const TABLES = ['users', 'logins', 'sessions', 'messages'];
/** A message has its session in its place, where no foreign key looks for it. */
const STRAY_MESSAGE = 'SELECT 1 FROM messages WHERE place >> 32 NOT IN (SELECT key FROM sessions) LIMIT 1';
const BUSY = 5;
const NOT_A_DATABASE = 26;
const DAMAGED = 11;

/** Throws unless this is a chat database whose schema this program knows; an older one than the newest only if `older`. */
export function requireChatDatabase(
  database: SqliteDatabase,
  path: string,
  { older }: { older: boolean },
): void {
  const schema = schemaOf(database);
  const found = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  const names = new Set(found.map(({ name }) => text(name)));
  if (schema === 0 || !TABLES.every((name) => names.has(name))) {
    throw new TransferError(`${path} is a SQLite database, but not one of this chat server.`);
  }
  const comparison = `${path} has schema ${schema}, this program knows ${NEWEST_SCHEMA}`;
  if (schema > NEWEST_SCHEMA) throw new TransferError(`${comparison}: update the program.`);
  if (schema < NEWEST_SCHEMA && !older) {
    throw new TransferError(`${comparison}: run "npm run db:migrate" first, or the program that served it.`);
  }
}

/** Throws if SQLite finds the file damaged, or records that belong to none. */
export function requireSound(database: SqliteDatabase, path: string): void {
  const [problem] = database.prepare('PRAGMA integrity_check(1)').all();
  const verdict = text(problem?.integrity_check).replace(/^\*\*\*.*\*\*\*\s*/, '');
  if (verdict !== 'ok') throw damaged(path, verdict);
  const orphan = database.prepare('PRAGMA foreign_key_check').get();
  if (orphan)
    throw damaged(path, `a row of "${text(orphan.table)}" belongs to none of "${text(orphan.parent)}"`);
  const isNewest = schemaOf(database) === NEWEST_SCHEMA;
  if (isNewest && database.prepare(STRAY_MESSAGE).get())
    throw damaged(path, 'a row of "messages" belongs to none of "sessions"');
}

/** Says what SQLite's errors mean for the file; leaves other errors as they are. */
export function toTransferError(error: unknown, path: string): unknown {
  if (error instanceof TransferError || !(error instanceof Error)) return error;
  const code = primaryResultCode(error);
  if (code === 0) return error;
  if (code === NOT_A_DATABASE) return new TransferError(`${path} is not a SQLite database.`);
  if (code === DAMAGED) return damaged(path, error.message);
  if (code === BUSY)
    return new TransferError(`${path} is locked by another program: try again when that is done.`);
  return new TransferError(`${path} can't be read or written: ${error.message}.`);
}

/** How many messages the store would find unanswered. */
export function unansweredIn(database: SqliteDatabase): number {
  const sql = `SELECT count(*) AS n FROM messages WHERE sender = 'user' AND reply_seq IS NULL`;
  return integer(database.prepare(sql).get()?.n);
}

function damaged(path: string, verdict: string): TransferError {
  return new TransferError(`${path} is damaged (${verdict}).`);
}
