import type { Message } from '../../domain/message';
import { nameFromContent, type Session } from '../../domain/session';
import type { NewExchange, SessionMade } from '../chatStore';
import type { AppendedSessions } from './appendedSessions';
import { type SqliteDatabase, text } from './driver';
import { type AppendedExchange, type EarlierExchange, exchangeOf } from './exchange';
import { type MessageRow, messageRowsOf, toMessageRow } from './messageRows';
import { type SessionRow, sessionRowsOf } from './sessionRows';
import type { SyncStore } from './syncStore';

type Messages = Pick<SyncStore, 'readMessages' | 'appendExchange' | 'appendReply' | 'findUnanswered'>;

/** Messages. The caller holds the write lock wherever something is written, and writes back what `sessions` has noted. */
export function messagesOf(database: SqliteDatabase, sessions: AppendedSessions): Messages {
  const rows = sessionRowsOf(database);
  const messages = messageRowsOf(database);
  const unanswered = database.prepare(
    `SELECT messages.*, messages.place & 4294967295 AS seq, sessions.id AS session_id, sessions.user_id
     FROM messages JOIN sessions ON sessions.key = messages.place >> 32
     WHERE messages.sender = 'user' AND messages.reply_seq IS NULL AND messages.id > ?
     ORDER BY messages.id LIMIT ?`,
  );

  function repeatOf(
    { key, session }: SessionRow,
    clientMessageId: string | undefined,
  ): EarlierExchange | null {
    const found = clientMessageId === undefined ? null : messages.findByClientId(key, clientMessageId);
    if (!found) return null;
    return {
      message: inSession(session.id, found.message),
      reply: found.reply && inSession(session.id, found.reply),
    };
  }

  function append(row: SessionRow, { message, reply }: NewExchange) {
    const { key, session } = row;
    const seq = session.lastSeq + 1;
    if (reply) messages.insertExchange(key, seq, message, reply);
    else messages.insert(key, { ...message, seq, sender: 'user' });
    return sessions.change(row, {
      name: session.name ?? nameFromContent(message.content),
      lastMessageAt: (reply ?? message).timestamp,
      lastSeq: reply ? seq + 1 : seq,
    });
  }

  return {
    readMessages(userId, sessionId, query) {
      const found = rows.find(sessionId);
      if (found?.session.userId !== userId) return null;
      const page = messages.page(found.key, query);
      return { ...page, messages: page.messages.map((message) => inSession(sessionId, message)) };
    },

    appendExchange(...fields) {
      const exchange = exchangeOf(fields);
      const { userId, sessionId: id, message } = exchange;
      const found = sessions.find(id);
      if (!found) {
        const made = sessions.make({ id, userId, createdAt: message.timestamp });
        return made && firstOf('created', append(made, exchange));
      }
      if (found.session.userId !== userId) return null;
      const earlier = repeatOf(found, message.clientMessageId);
      if (earlier) return earlier;
      const session = append(found, exchange);
      return found.session.name === null ? firstOf('renamed', session) : session.lastSeq;
    },

    appendReply({ userId, sessionId, ...content }) {
      const found = sessions.find(sessionId);
      if (found?.session.userId !== userId) return null;
      const seq = found.session.lastSeq + 1;
      if (!messages.markAnswered(found.key, content.replyTo, seq)) return null;
      const reply: MessageRow = { ...content, seq, sender: 'server' };
      messages.insert(found.key, reply);
      sessions.change(found, { name: found.session.name, lastMessageAt: reply.timestamp, lastSeq: seq });
      return inSession(sessionId, reply);
    },

    findUnanswered: (limit, after = '') =>
      unanswered.all(after, limit).map((row) => ({
        userId: text(row.user_id),
        message: inSession(text(row.session_id), toMessageRow(row)),
      })),
  };
}

function firstOf(type: SessionMade['type'], session: Session): AppendedExchange {
  return { lastSeq: session.lastSeq, sessionChange: { type, session } };
}

function inSession(sessionId: string, message: MessageRow): Message {
  return { sessionId, ...message };
}
