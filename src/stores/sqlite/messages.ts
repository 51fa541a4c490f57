import type { Message } from '../../domain/message';
import { nameFromContent } from '../../domain/session';
import type { NewExchange, StoredExchange } from '../chatStore';
import { type SqliteDatabase, text } from './driver';
import { type MessageRow, messageRowsOf, toMessageRow } from './messageRows';
import { type SessionRow, sessionRowsOf, toSession } from './sessionRows';
import type { SyncStore } from './syncStore';

type Messages = Pick<SyncStore, 'readMessages' | 'appendExchange' | 'appendReply' | 'findUnanswered'>;

/** Messages. The caller holds the write lock wherever something is written. */
export function messagesOf(database: SqliteDatabase): Messages {
  const sessions = sessionRowsOf(database);
  const messages = messageRowsOf(database);
  const touchSession = database.prepare(
    `UPDATE sessions SET last_seq = ?, last_message_at = ?, active_at = ?, name = coalesce(name, ?)
     WHERE key = ? RETURNING *`,
  );
  const unanswered = database.prepare(
    `SELECT messages.*, sessions.id AS session_id, sessions.user_id
     FROM messages JOIN sessions ON sessions.key = messages.session
     WHERE messages.sender = 'user' AND messages.reply_seq IS NULL AND messages.id > ?
     ORDER BY messages.id LIMIT ?`,
  );

  function repeatOf(
    { key, session }: SessionRow,
    clientMessageId: string | undefined,
  ): StoredExchange | null {
    const found = clientMessageId === undefined ? null : messages.findByClientId(key, clientMessageId);
    if (!found) return null;
    return {
      session,
      message: inSession(session.id, found.message),
      reply: found.reply && inSession(session.id, found.reply),
      duplicate: true,
      sessionChange: null,
    };
  }

  function append(
    { key, session }: SessionRow,
    exchange: NewExchange,
  ): Omit<StoredExchange, 'sessionChange'> {
    const seq = session.lastSeq + 1;
    const message: MessageRow = { ...exchange.message, seq, sender: 'user' };
    const reply: MessageRow | null = exchange.reply
      ? { ...exchange.reply, seq: seq + 1, sender: 'server', replyTo: message.messageId }
      : null;
    messages.insert(key, message, reply?.seq ?? null);
    if (reply) messages.insert(key, reply, null);
    const last = reply ?? message;
    const name = nameFromContent(message.content);
    return {
      session: toSession(touchSession.get(last.seq, last.timestamp, last.timestamp, name, key)),
      message: inSession(session.id, message),
      reply: reply && inSession(session.id, reply),
      duplicate: false,
    };
  }

  return {
    readMessages(userId, sessionId, query) {
      const found = sessions.find(sessionId);
      if (found?.session.userId !== userId) return null;
      const page = messages.page(found.key, query);
      return { ...page, messages: page.messages.map((message) => inSession(sessionId, message)) };
    },

    appendExchange(exchange) {
      const { userId, sessionId: id, message } = exchange;
      const found = sessions.find(id);
      if (!found) {
        const made = sessions.insert({ id, userId, name: null, createdAt: message.timestamp });
        return made && { ...append(made, exchange), sessionChange: 'created' };
      }
      if (found.session.userId !== userId) return null;
      const sessionChange = found.session.name === null ? 'renamed' : null;
      return repeatOf(found, message.clientMessageId) ?? { ...append(found, exchange), sessionChange };
    },

    appendReply({ userId, sessionId, ...content }) {
      const found = sessions.find(sessionId);
      if (found?.session.userId !== userId) return null;
      const seq = found.session.lastSeq + 1;
      if (!messages.markAnswered(found.key, content.replyTo, seq)) return null;
      const reply: MessageRow = { ...content, seq, sender: 'server' };
      messages.insert(found.key, reply, null);
      touchSession.get(seq, reply.timestamp, reply.timestamp, null, found.key);
      return inSession(sessionId, reply);
    },

    findUnanswered: (limit, after = '') =>
      unanswered.all(after, limit).map((row) => ({
        userId: text(row.user_id),
        message: inSession(text(row.session_id), toMessageRow(row)),
      })),
  };
}

function inSession(sessionId: string, message: MessageRow): Message {
  return { sessionId, ...message };
}
