import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import type { Message } from '../domain/message';
import type { SqliteDatabase } from '../stores/sqlite/driver';
import { createLoginTable, toLogin, toRevokedToken } from '../stores/sqlite/logins';
import { createMessageTable } from '../stores/sqlite/messages';
import { migrate } from '../stores/sqlite/migrations';
import { createSessionTable, type SessionRow, toSessionRow, toSessionState } from '../stores/sqlite/sessions';
import { createUsageInsert, createUserInsert, toUsage, toUserRecord } from '../stores/sqlite/users';
import { AdminError, withTranslatedErrors } from './command';
import { lockDatabaseFile, openSnapshot, StagedFile } from './databaseFile';
import { createSqliteErrorTranslator, requireChatDatabase, requireIntegrity } from './integrity';
import { countRecords, readRows } from './sqliteRows';
import type { ChatRecords, RecordBatch } from './summary';
import { BATCH_SIZE, inBatches, type TransferSource, type TransferTarget } from './transfer';

/** Opens a database to be read as of now. Rejects with an `AdminError` if that isn't possible, or if the file is damaged. */
export function openSqliteSource(path: string, { isChecked } = { isChecked: true }): Promise<TransferSource> {
  const translateError = createSqliteErrorTranslator(path);
  return withTranslatedErrors(translateError, () => {
    const snapshot = openSnapshot(path);
    if (isChecked) requireIntegrity(snapshot.database, path);
    return {
      translateError,
      read: () => readRecords(snapshot.database),
      hasChanged: () => snapshot.hasChanged(),
      close: async () => snapshot.close(),
    };
  });
}

/**
 * Creates a database file that is named `path` once it is complete. Rejects with an `AdminError` if there is a file already, unless
 * it is an empty chat database that no server uses.
 */
export function openSqliteTarget(path: string): Promise<TransferTarget> {
  const translateError = createSqliteErrorTranslator(path);
  return withTranslatedErrors(translateError, () => {
    const lock = lockDatabaseFile(path);
    if (lock.database) requireEmpty(lock.database, path);
    const staged = new StagedFile(lock.path);
    const database = staged.open();
    // The file counts only once it is complete, and is synced then.
    database.exec('PRAGMA synchronous = OFF');
    migrate(database);
    return {
      translateError,
      write: createWriter(database),
      read: () => readRecords(database),
      countUnanswered: async () => countRecords(database).unanswered,
      async complete() {
        requireIntegrity(database, path);
        if (!lock.database) return staged.install();
        // A unique name, as a killed copy may have left such a file.
        const empty = `${lock.path}.empty-${randomUUID()}`;
        staged.replace(empty);
        rmSync(empty);
      },
      async close() {
        database.close();
        staged.remove();
        lock.release();
      },
    };
  });
}

function requireEmpty(database: SqliteDatabase, path: string): void {
  requireChatDatabase(database, path);
  if (Object.values(countRecords(database)).every((count) => count === 0)) return;
  throw new AdminError(`${path} is not empty: name another database. This one stays as it is.`);
}

/** Reads all records as a server shows them: without those that are deleted and not yet purged. */
async function* readRecords(database: SqliteDatabase): AsyncGenerator<RecordBatch> {
  const deleted = new Set(
    database
      .prepare('SELECT id FROM deleted_users')
      .all()
      .map(({ id }) => id),
  );
  async function* readTable(table: string, userColumn = 'user_id', key = ['id']) {
    for await (const rows of readRows(database, table, '*', key)) {
      yield rows.filter((row) => !deleted.has(row[userColumn] ?? null));
    }
  }
  for await (const rows of readTable('users', 'id')) yield { kind: 'users', records: rows.map(toUserRecord) };
  for await (const rows of readTable('logins')) yield { kind: 'logins', records: rows.map(toLogin) };
  for await (const rows of readRows(database, 'revoked_tokens', '*', ['id']))
    yield { kind: 'revokedTokens', records: rows.map(toRevokedToken) };
  for await (const rows of readTable('usage', 'user_id', ['reply_to', 'variant', 'attempt'])) {
    yield { kind: 'usage', records: rows.map(toUsage) };
  }
  for await (const rows of readTable('sessions'))
    yield { kind: 'sessions', records: rows.map(toSessionState) };
  for await (const rows of readTable('sessions')) {
    const messages = messagesOf(database, rows.map(toSessionRow));
    for await (const records of inBatches(messages)) yield { kind: 'messages', records };
  }
}

function* messagesOf(database: SqliteDatabase, sessions: SessionRow[]): Generator<Message> {
  const rows = createMessageTable(database);
  for (const { key, session } of sessions) {
    let after = 0;
    for (let hasMore = true; hasMore; ) {
      const page = rows.page(key, { after, limit: BATCH_SIZE });
      for (const message of page.messages) yield { sessionId: session.id, ...message };
      after = page.messages.at(-1)?.seq ?? after;
      hasMore = page.hasMore;
    }
  }
}

/** Returns a function that writes a batch in one transaction. */
function createWriter(database: SqliteDatabase): TransferTarget['write'] {
  const writeUser = createUserInsert(database);
  const insertRevoked = database.prepare('INSERT INTO revoked_tokens (id, expires_at) VALUES (?, ?)');
  const insertSession = database.prepare(
    `INSERT INTO sessions (id, user_id, name, created_at, last_message_at, active_at, last_seq, read_seq, pinned, archived)
     VALUES (?1, ?2, ?3, ?4, ?5, coalesce(?5, ?4), ?6, ?7, ?8, ?9)`,
  );
  const logins = createLoginTable(database);
  const writeUsage = createUsageInsert(database);
  const sessions = createSessionTable(database);
  const messages = createMessageTable(database);
  let current = { sessionId: '', key: 0 };

  function writeLogin(login: ChatRecords['logins']): void {
    if (!logins.insert(login)) throw new AdminError(`The user of login ${login.id} does not exist.`);
  }

  function writeRevokedToken({ id, expiresAt }: ChatRecords['revokedTokens']): void {
    insertRevoked.run(id, expiresAt);
  }

  function writeSession(session: ChatRecords['sessions']): void {
    const { id, userId, name, createdAt, lastMessageAt, lastSeq, readSeq, pinned, archived } = session;
    const flags = [pinned ? 1 : 0, archived ? 1 : 0];
    insertSession.run(id, userId, name, createdAt, lastMessageAt, lastSeq, readSeq, ...flags);
  }

  function writeMessage({ sessionId, ...message }: ChatRecords['messages']): void {
    if (sessionId !== current.sessionId) {
      const found = sessions.find(sessionId);
      if (!found) throw new AdminError(`The session of message ${message.messageId} does not exist.`);
      current = { sessionId, key: found.key };
    }
    messages.insert(current.key, message);
    const { replyTo, variant, seq } = message;
    if (replyTo !== undefined && variant === undefined) messages.markAnswered(current.key, replyTo, seq);
  }

  return async (batch) => {
    database.exec('BEGIN IMMEDIATE');
    if (batch.kind === 'users') batch.records.forEach(writeUser);
    else if (batch.kind === 'logins') batch.records.forEach(writeLogin);
    else if (batch.kind === 'revokedTokens') batch.records.forEach(writeRevokedToken);
    else if (batch.kind === 'usage') batch.records.forEach(writeUsage);
    else if (batch.kind === 'sessions') batch.records.forEach(writeSession);
    else batch.records.forEach(writeMessage);
    database.exec('COMMIT');
  };
}
