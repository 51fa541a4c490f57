import type { Message } from '../../domain/message';
import type { SqliteDatabase } from '../../stores/sqlite/driver';
import { createLoginTable } from '../../stores/sqlite/logins';
import { createMessageTable } from '../../stores/sqlite/messages';
import { createSessionTable } from '../../stores/sqlite/sessions';
import type { ChatRecords } from '../transfer/records';
import { TransferError, type Writers } from '../transfer/transfer';

/** Writes records, each batch in one transaction. */
export function writersOf(database: SqliteDatabase): Writers {
  const insertUser = database.prepare(
    'INSERT INTO users (id, username, email, password_hash, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const insertSession = database.prepare(
    `INSERT INTO sessions (id, user_id, name, created_at, last_message_at, active_at, last_seq)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  const logins = createLoginTable(database);
  const insertMessage = messageWriterOf(database);

  const inTransaction =
    <T>(write: (record: T) => void) =>
    async (records: readonly T[]) => {
      database.exec('BEGIN IMMEDIATE');
      for (const record of records) write(record);
      database.exec('COMMIT');
    };

  return {
    users: inTransaction((user: ChatRecords['users']) => {
      const { id, username, email, passwordHash, createdAt, updatedAt } = user;
      insertUser.run(id, username, email, passwordHash, createdAt, updatedAt);
    }),
    logins: inTransaction((login: ChatRecords['logins']) => {
      if (!logins.insert(login)) throw new TransferError(`Login ${login.id} is of a user that is not there.`);
    }),
    sessions: inTransaction((session: ChatRecords['sessions']) => {
      const { id, userId, name, createdAt, lastMessageAt, lastSeq } = session;
      insertSession.run(id, userId, name, createdAt, lastMessageAt, lastMessageAt ?? createdAt, lastSeq);
    }),
    messages: inTransaction(insertMessage),
  };
}

/** Messages come session by session, in their order, so a reply finds the message it answers. */
function messageWriterOf(database: SqliteDatabase): (message: Message) => void {
  const sessions = createSessionTable(database);
  const messages = createMessageTable(database);
  let current = { sessionId: '', key: 0 };

  return ({ sessionId, ...message }) => {
    if (sessionId !== current.sessionId) {
      const found = sessions.find(sessionId);
      if (!found) throw new TransferError(`Message ${message.messageId} is of a session that is not there.`);
      current = { sessionId, key: found.key };
    }
    messages.insert(current.key, message);
    if (message.replyTo !== undefined) messages.markAnswered(current.key, message.replyTo, message.seq);
  };
}
