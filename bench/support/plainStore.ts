import { randomUUID } from 'node:crypto';
import {
  openConnection,
  rollBack,
  type SqliteDatabase,
  type SqliteStatement,
} from '../../src/stores/sqlite/driver';

export interface PlainMessage {
  messageId: string;
  sessionId: string;
  sender: 'user' | 'server';
  content: string;
  timestamp: string;
  clientMessageId: string | null;
}

/**
 * Stores messages as servers written by hand do: synchronously on the event loop, with prepared statements, and on disk before it
 * returns. It uses the driver and the settings of our store, but has no users, no order of messages, and no protection against
 * repeated ones.
 */
export class PlainStore {
  private readonly database: SqliteDatabase;
  private readonly insert: SqliteStatement;

  constructor(path: string) {
    this.database = openConnection(path);
    this.database.exec(`
      CREATE TABLE messages (
        id TEXT PRIMARY KEY,
        session_id TEXT NOT NULL,
        sender TEXT NOT NULL,
        content TEXT NOT NULL,
        timestamp TEXT NOT NULL,
        client_message_id TEXT
      );
      CREATE INDEX messages_of_session ON messages (session_id, timestamp);
    `);
    this.insert = this.database.prepare('INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?)');
  }

  /** Stores a message and its echo with one commit. Throws a `TypeError` if it is no message. */
  storeExchange(message: Partial<PlainMessage>): [message: PlainMessage, echo: PlainMessage] {
    const { sessionId, content, clientMessageId = null } = message;
    if (typeof sessionId !== 'string' || typeof content !== 'string') {
      throw new TypeError('A message needs a sessionId and a content');
    }
    const common = { sessionId, content, timestamp: new Date().toISOString() };
    const stored: PlainMessage = { messageId: randomUUID(), ...common, sender: 'user', clientMessageId };
    const echo: PlainMessage = {
      messageId: randomUUID(),
      ...common,
      sender: 'server',
      clientMessageId: null,
    };
    this.database.exec('BEGIN IMMEDIATE');
    try {
      this.insertMessage(stored);
      this.insertMessage(echo);
      this.database.exec('COMMIT');
    } catch (error) {
      rollBack(this.database);
      throw error;
    }
    return [stored, echo];
  }

  private insertMessage({
    messageId,
    sessionId,
    sender,
    content,
    timestamp,
    clientMessageId,
  }: PlainMessage): void {
    this.insert.run(messageId, sessionId, sender, content, timestamp, clientMessageId);
  }
}
