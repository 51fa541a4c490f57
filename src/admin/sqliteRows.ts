import { NOT_DELETED } from '../stores/sqlite/deletions';
import { integer, type Row, type SqliteDatabase, text } from '../stores/sqlite/driver';
import { Checksum, type DatabaseSummary } from './summary';
import { BATCH_SIZE } from './transfer';

/** Reads the rows of a table in the order of their key. Pauses between batches, so that the process can handle signals. */
export async function* readRows(
  database: SqliteDatabase,
  table: string,
  columns: string,
  key: readonly string[],
): AsyncGenerator<Row[]> {
  // Qualified, so that they never refer to a result column of the same name.
  const keys = key.map((name) => `"${table}".${name}`);
  // The position of the last row is an SQL literal, as an integer key can be too large for a JavaScript number.
  const position = keys.map((name) => `quote(${name})`).join(" || ',' || ");
  const select = `SELECT ${columns}, ${position} AS position FROM "${table}"`;
  const readPage = (condition: string) =>
    database.prepare(`${select} ${condition} ORDER BY ${keys} LIMIT ${BATCH_SIZE}`).all();
  let rows = readPage('');
  for (let last = rows.at(-1); last; last = rows.at(-1)) {
    yield rows;
    await new Promise(setImmediate);
    rows = readPage(`WHERE (${keys}) > (${text(last.position)})`);
  }
}

/** Removes the replies that are being made. The server that opens the copy makes them again. */
const DRAFTS = 'drafts';

/** Removes the replies that are being made. An older schema has none. */
export function removeDrafts(database: SqliteDatabase): void {
  if (tablesOf(database).includes(DRAFTS)) database.exec(`DELETE FROM ${DRAFTS}`);
}

/**
 * Summarizes every row of every table as it is stored, except drafts. Unlike a summary of records this works for any schema, but only summaries
 * of files with the same schema can be compared.
 */
export async function summarizeRows(database: SqliteDatabase): Promise<DatabaseSummary> {
  const checksum = new Checksum();
  for (const table of tablesOf(database).filter((name) => name !== DRAFTS)) {
    const { columns, key } = columnsOf(database, table);
    // JSON can't hold the bytes of a blob.
    const quoted = columns.map((name) => `quote(${name})`);
    for await (const rows of readRows(database, table, `json_array(${quoted}) AS json`, key)) {
      for (const { json } of rows) checksum.add(`${table} ${text(json)}`);
    }
  }
  return { ...countRecords(database), checksum: checksum.toString() };
}

/** The keys of deleted sessions whose messages are not removed yet. */
const DELETED_SESSIONS =
  'SELECT key FROM deleted_sessions UNION ALL SELECT key FROM sessions WHERE user_id IN (SELECT id FROM deleted_users)';

/** Counts records, and the messages that a server would find unanswered. Leaves out what is deleted and not yet purged. */
export function countRecords(database: SqliteDatabase): Omit<DatabaseSummary, 'checksum'> {
  // A backup can have an older schema.
  const recordsDeletions = tablesOf(database).includes('deleted_sessions');
  const count = (table: string, notDeleted: string, condition = 'true') => {
    const rows = `${table} WHERE ${condition}${recordsDeletions ? ` AND ${notDeleted}` : ''}`;
    return integer(database.prepare(`SELECT count(*) AS n FROM ${rows}`).get()?.n);
  };
  const hasSession = `place >> 32 NOT IN (${DELETED_SESSIONS})`;
  return {
    users: count('users', `id ${NOT_DELETED}`),
    logins: count('logins', `user_id ${NOT_DELETED}`),
    sessions: count('sessions', `user_id ${NOT_DELETED}`),
    messages: count('messages', hasSession),
    // Older schemas store the sender as text.
    unanswered: count('messages', hasSession, "sender IN (0, 'user') AND reply_seq IS NULL"),
  };
}

export function tablesOf(database: SqliteDatabase): string[] {
  const sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
  const tables = database.prepare(sql).all();
  return tables.map(({ name }) => text(name));
}

function columnsOf(database: SqliteDatabase, table: string): { columns: string[]; key: string[] } {
  const quoted = (sql: string) => {
    const names = database.prepare(sql).all(table);
    return names.map(({ name }) => `"${text(name)}"`);
  };
  const key = quoted('SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk');
  return {
    columns: quoted('SELECT name FROM pragma_table_info(?) ORDER BY cid'),
    key: key.length > 0 ? key : ['rowid'],
  };
}
