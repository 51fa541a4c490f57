import type { Message, MessageQuery, Sender } from '../../domain/message';
import type { NewExchange, NewReplyContent } from '../chatStore';
import { integer, type Row, type SqliteDatabase, text } from './driver';

/** A message as its row has it: the session is known to whoever reads or writes it. */
export type MessageRow = Omit<Message, 'sessionId'>;

/** The largest `seq` that a place has room for. */
const MAX_SEQ = 2 ** 32 - 1;

const COLUMNS = `place & ${MAX_SEQ} AS seq, id, sender, content, timestamp, client_message_id, reply_to, reply_seq`;

/** The table of messages, by session key: a message's place is that key * 2^32 + seq. */
export function messageRowsOf(database: SqliteDatabase) {
  const insert = database.prepare(
    `INSERT INTO messages (place, id, sender, content, timestamp, client_message_id, reply_to)
     VALUES ((? << 32) + ?, ?, ?, ?, ?, ?, ?)`,
  );
  // One statement for both: each value that is handed to SQLite costs about as much as finding its row.
  const insertExchange = database.prepare(
    `INSERT INTO messages (place, id, sender, content, timestamp, client_message_id, reply_to, reply_seq)
     VALUES ((?1 << 32) + ?2, ?3, 'user', ?4, ?5, ?6, NULL, ?2 + 1),
            ((?1 << 32) + ?2 + 1, ?7, 'server', ?8, ?9, NULL, ?3, NULL)`,
  );
  const bySeq = database.prepare(`SELECT ${COLUMNS} FROM messages WHERE place = (? << 32) + ?`);
  const byClientId = database.prepare(
    `SELECT ${COLUMNS} FROM messages WHERE place >> 32 = ? AND client_message_id = ?`,
  );
  const pageBefore = database.prepare(
    `SELECT ${COLUMNS} FROM messages WHERE place > ? << 32 AND place < (? << 32) + ?
     ORDER BY place DESC LIMIT ?`,
  );
  const pageAfter = database.prepare(
    `SELECT ${COLUMNS} FROM messages WHERE place > (? << 32) + ? AND place < (? + 1) << 32
     ORDER BY place LIMIT ?`,
  );
  const setReply = database.prepare(
    `UPDATE messages SET reply_seq = ?
     WHERE id = ? AND place >> 32 = ? AND sender = 'user' AND reply_seq IS NULL`,
  );

  return {
    /** Inserts one message, without a reply. */
    insert(session: number, message: MessageRow): void {
      const { seq, messageId, sender, content, timestamp, clientMessageId = null, replyTo = null } = message;
      insert.run(session, seq, messageId, sender, content, timestamp, clientMessageId, replyTo);
    },
    /** Inserts a user's message as `seq` of the session, and its reply behind it. */
    insertExchange(
      session: number,
      seq: number,
      message: NewExchange['message'],
      reply: NewReplyContent,
    ): void {
      const { messageId, content, timestamp, clientMessageId = null } = message;
      insertExchange.run(
        session,
        seq,
        messageId,
        content,
        timestamp,
        clientMessageId,
        reply.messageId,
        reply.content,
        reply.timestamp,
      );
    },
    /** Returns the message that has this `clientMessageId`, and its reply if it has one. */
    findByClientId(session: number, clientMessageId: string) {
      const row = byClientId.get(session, clientMessageId);
      if (!row) return null;
      const reply = typeof row.reply_seq === 'number' ? bySeq.get(session, row.reply_seq) : undefined;
      return { message: toMessageRow(row), reply: reply ? toMessageRow(reply) : null };
    },
    /** Ascending, `limit` messages at most, and whether there are more in the direction read. */
    page(session: number, { before = MAX_SEQ, after, limit }: MessageQuery) {
      const forward = after !== undefined;
      const rows = forward
        ? pageAfter.all(session, Math.min(after, MAX_SEQ), session, limit + 1)
        : pageBefore.all(session, session, Math.min(before, MAX_SEQ), limit + 1);
      const messages = rows.slice(0, limit).map(toMessageRow);
      return { messages: forward ? messages : messages.reverse(), hasMore: rows.length > limit };
    },
    /** Notes where the reply to a message is. False if the message isn't in the session, or has a reply already. */
    markAnswered(session: number, messageId: string, replySeq: number): boolean {
      return setReply.run(replySeq, messageId, session).changes !== 0;
    },
  };
}

export function toMessageRow(row: Row): MessageRow {
  return {
    messageId: text(row.id),
    seq: integer(row.seq),
    sender: senderOf(row),
    content: text(row.content),
    timestamp: text(row.timestamp),
    ...(typeof row.client_message_id === 'string' && { clientMessageId: row.client_message_id }),
    ...(typeof row.reply_to === 'string' && { replyTo: row.reply_to }),
  };
}

function senderOf(row: Row): Sender {
  return row.sender === 'user' ? 'user' : 'server';
}
