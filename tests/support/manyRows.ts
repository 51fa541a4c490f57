import { openDatabaseFile, type SqliteDatabase } from '../../src/stores/sqlite/driver';

const UUID = `lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-7' || substr(hex(randomblob(2)), 2) || '-8'
  || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))`;
const TIME = "'2026-01-01T00:00:00.000Z'";

/** Rows to insert into an SQLite database directly, as storing them one by one would take minutes. */
export interface ManyRows {
  userId: string;
  /** The number of new sessions. */
  sessions: number;
  /** The number of messages in each of them, every second one a reply. */
  messages: number;
}

/** Inserts the rows, and returns the ids of the sessions. Servers can use the database meanwhile. */
export function insertManyRows(path: string, { userId, sessions, messages }: ManyRows): string[] {
  return inTransaction(path, (database) => {
    const inserted = database
      .prepare(
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
         INSERT INTO sessions (id, user_id, created_at, last_message_at, active_at, last_seq)
         SELECT ${UUID}, ?, ${TIME}, ${TIME}, ${TIME}, ? FROM n RETURNING key, id`,
      )
      .all(sessions, userId, messages);
    const fill = database.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
       INSERT INTO messages (place, id, sender, content, timestamp, client_message_id, reply_seq)
       SELECT (?1 << 32) | i, randomblob(16), 1 - i % 2,
         'the quick brown fox jumps over the lazy dog and says something of the usual length', unixepoch(${TIME}) * 1000,
         CASE i % 2 WHEN 1 THEN randomblob(16) END, CASE i % 2 WHEN 1 THEN i + 1 END FROM n`,
    );
    for (const { key } of inserted) fill.run(key ?? null, messages);
    return inserted.map(({ id }) => String(id));
  });
}

/** Whether the table has a row, without counting all of them. */
export function hasRows(path: string, table: string): boolean {
  const database = openDatabaseFile(path, 1_000);
  try {
    return database.prepare(`SELECT 1 FROM ${table} LIMIT 1`).get() !== undefined;
  } finally {
    database.close();
  }
}

function inTransaction<T>(path: string, work: (database: SqliteDatabase) => T): T {
  const database = openDatabaseFile(path, 1_000);
  try {
    database.exec('BEGIN IMMEDIATE');
    const result = work(database);
    database.exec('COMMIT');
    // Otherwise the log of the inserted rows would be mistaken for the log of what is measured.
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    return result;
  } finally {
    database.close();
  }
}
