import type { Message } from '../../domain/message';
import { integer, type Row, type SqliteDatabase, text } from '../../stores/sqlite/driver';
import { toLogin } from '../../stores/sqlite/logins';
import { createMessageTable } from '../../stores/sqlite/messages';
import { type SessionRow, toSession, toSessionRow } from '../../stores/sqlite/sessions';
import { toUserRecord } from '../../stores/sqlite/users';
import { BATCH_RECORDS, type Counts } from '../transfer/records';
import type { Readers } from '../transfer/transfer';

/** Reads all records. What is written between two batches is read too, unless the connection is in a transaction. */
export function readersOf(database: SqliteDatabase): Readers {
  return {
    users: () => records(database, 'users', toUserRecord),
    logins: () => records(database, 'logins', toLogin),
    sessions: () => records(database, 'sessions', toSession),
    messages: () => messages(database),
  };
}

export function countsOf(database: SqliteDatabase): Counts {
  const count = (table: string) => integer(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n);
  return {
    users: count('users'),
    logins: count('logins'),
    sessions: count('sessions'),
    messages: count('messages'),
  };
}

/** Gives way between two batches, so that the process hears signals. */
async function* records<T>(
  database: SqliteDatabase,
  table: string,
  toRecord: (row: Row) => T,
): AsyncGenerator<T[]> {
  const page = database.prepare(`SELECT * FROM ${table} WHERE id > ? ORDER BY id LIMIT ${BATCH_RECORDS}`);
  for (let rows = page.all(''); rows.length > 0; rows = page.all(text(rows.at(-1)?.id))) {
    yield rows.map(toRecord);
    await new Promise(setImmediate);
  }
}

/** Session by session, in their order. */
async function* messages(database: SqliteDatabase): AsyncGenerator<Message[]> {
  let batch: Message[] = [];
  for await (const sessions of records(database, 'sessions', toSessionRow)) {
    for (const message of messagesOf(database, sessions)) {
      batch.push(message);
      if (batch.length < BATCH_RECORDS) continue;
      yield batch;
      batch = [];
      await new Promise(setImmediate);
    }
  }
  yield batch;
}

function* messagesOf(database: SqliteDatabase, sessions: SessionRow[]): Generator<Message> {
  const rows = createMessageTable(database);
  for (const { key, session } of sessions) {
    let after = 0;
    for (let hasMore = true; hasMore; ) {
      const page = rows.page(key, { after, limit: BATCH_RECORDS });
      for (const message of page.messages) yield { sessionId: session.id, ...message };
      after = page.messages.at(-1)?.seq ?? after;
      hasMore = page.hasMore;
    }
  }
}
