import { type Message, type MessageQuery, rareFieldsOf } from '../../domain/message';
import { nameFromContent, previewOf, type SessionState } from '../../domain/session';
import type {
  MessageStore,
  NewExchange,
  NewMessage,
  NewReply,
  NewReplyContent,
  SessionChangeByMessage,
  StoredExchange,
} from '../chatStore';
import {
  exchangeInOrder,
  inOrder,
  inOrderOfMessages,
  invalidReplacesError,
  type LastStamp,
} from '../messageOrder';
import { NOT_DELETED } from './deletions';
import { createDraftEnd } from './drafts';
import { integer, mapRow, type Row, type SqliteDatabase, type SqlValue, text, UUID, uuidOf } from './driver';
import {
  type AppendAnswer,
  type Appended,
  fromFields,
  isDuplicateKey,
  newlyStored,
  type SyncOperations,
} from './protocol';
import { createSessionTable, type SessionRow } from './sessions';
import type { SessionWriteCache } from './sessionWriteCache';

/** A message as stored in its row. The session is known from the context. */
export type MessageRow = Omit<Message, 'sessionId'>;

/** The values of `sender`. SQLite stores 0 and 1 without a byte of their own. */
const SENDERS = { user: 0, server: 1 } as const;

/** A row's `place` is the key of its session * 2^32 + seq. This is the largest `seq` that it can hold. */
const MAX_SEQ = 2 ** 32 - 1;

const COLUMNS = `place & ${MAX_SEQ} AS seq, id, sender, content, timestamp, client_message_id, reply_to, reply_seq, variant_of, extra`;

/** A UUID as clients commonly write one. It is stored as 16 bytes; any other `clientMessageId` is stored as text. */
const COMMON_UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The value of the two parameters that `toClientMessageId` returns, in SQL. */
const CLIENT_MESSAGE_ID = `coalesce(${UUID}, ?)`;

/** The parameters for a `clientMessageId`: the one that doesn't apply is null. */
function toClientMessageId(id: string | null): [uuid: string | null, other: string | null] {
  return id !== null && COMMON_UUID.test(id) ? [id, null] : [null, id];
}

function clientMessageIdOf(value: SqlValue | undefined): string {
  return typeof value === 'string' ? value : uuidOf(value);
}

/**
 * The queries on the table of messages. `session` is the key of a session; a row's place is session * 2^32 + seq. The queries add
 * with `|`, which converts to integers: `node:sqlite` binds every number as a float, which is exact only up to 2^53.
 */
export function createMessageTable(database: SqliteDatabase) {
  const insert = database.prepare(
    `INSERT INTO messages (place, id, sender, content, timestamp, client_message_id, reply_to, reply_seq, variant_of, extra)
     VALUES ((? << 32) | ?, ${UUID}, ?, ?, ?, ${CLIENT_MESSAGE_ID}, ${UUID}, ?, ${UUID}, ?)`,
  );
  // One statement for both rows: binding a value costs about as much as finding its row. An echo has the content of its message.
  const insertExchange = database.prepare(
    `INSERT INTO messages (place, id, sender, content, timestamp, client_message_id, reply_to, reply_seq)
     VALUES ((?1 << 32) | ?2, unhex(?3, '-'), 0, ?4, ?5, coalesce(unhex(?6, '-'), ?7), NULL, ?2 + 1),
            ((?1 << 32) | (?2 + 1), unhex(?8, '-'), 1, coalesce(?9, ?4), ?10, NULL, unhex(?3, '-'), NULL)`,
  );
  const idBySeq = database.prepare('SELECT id FROM messages WHERE place = (? << 32) | ?');
  const bySeq = database.prepare(`SELECT ${COLUMNS} FROM messages WHERE place = (? << 32) | ?`);
  // Reads the session up to the message: an index on all ids would cost every insert.
  const byId = database.prepare(
    `SELECT ${COLUMNS} FROM messages WHERE place > ? << 32 AND place < (? + 1) << 32 AND id = ${UUID}
     ORDER BY place DESC LIMIT 1`,
  );
  const byClientId = database.prepare(
    `SELECT ${COLUMNS} FROM messages WHERE client_message_id = ${CLIENT_MESSAGE_ID} AND place >> 32 = ?`,
  );
  const newestVariant = database.prepare(
    `SELECT ${COLUMNS} FROM messages WHERE variant_of = ${UUID} ORDER BY extra ->> 'variant' DESC LIMIT 1`,
  );
  const variant = database.prepare(
    `SELECT 1 FROM messages WHERE variant_of = ${UUID} AND extra ->> 'variant' = ?`,
  );
  const openVariant = database.prepare(
    'SELECT variant FROM drafts WHERE reply_to = ? AND variant > 1 AND ended IS NULL',
  );
  const replacing = database.prepare(`SELECT 1 FROM messages WHERE extra ->> 'replaces' = ?`);
  const pageBefore = database.prepare(
    `SELECT ${COLUMNS} FROM messages WHERE place > ? << 32 AND place < (? << 32) | ?
     ORDER BY place DESC LIMIT ?`,
  );
  const pageAfter = database.prepare(
    `SELECT ${COLUMNS} FROM messages WHERE place > (? << 32) | ? AND place < (? + 1) << 32
     ORDER BY place LIMIT ?`,
  );
  const setReply = database.prepare(
    `UPDATE messages SET reply_seq = ?
     WHERE id = ${UUID} AND place >> 32 = ? AND sender = 0 AND reply_seq IS NULL`,
  );

  /** Inserts one message. `replySeq` is the `seq` of the reply to it. */
  function insertOne(session: number, message: MessageRow, replySeq: number | null = null): void {
    const { seq, messageId, sender, content, timestamp, clientMessageId = null, replyTo = null } = message;
    const isVariant = message.variant !== undefined;
    insert.run(
      session,
      seq,
      messageId,
      SENDERS[sender],
      content,
      Date.parse(timestamp),
      ...toClientMessageId(clientMessageId),
      isVariant ? null : replyTo,
      replySeq,
      isVariant ? replyTo : null,
      extraOf(message),
    );
  }

  return {
    insert: insertOne,
    /** Inserts a user message as `seq` of the session, and its reply, if there is one, after it. */
    insertExchange(session: number, seq: number, message: NewMessage, reply?: NewReplyContent): void {
      if (!reply || message.replaces !== undefined) {
        insertOne(session, { ...message, seq, sender: 'user' }, reply ? seq + 1 : null);
        if (reply)
          insertOne(session, { ...reply, seq: seq + 1, sender: 'server', replyTo: message.messageId });
        return;
      }
      const { messageId, content, timestamp, clientMessageId = null } = message;
      insertExchange.run(
        session,
        seq,
        messageId,
        content,
        Date.parse(timestamp),
        ...toClientMessageId(clientMessageId),
        reply.messageId,
        reply.content === content ? null : reply.content,
        Date.parse(reply.timestamp),
      );
    },
    /** Null if the session has no such message. */
    findId: (session: number, seq: number) => mapRow(idBySeq.get(session, seq), ({ id }) => uuidOf(id)),
    /** Returns the message with this `clientMessageId`, and its reply if it has one. */
    findByClientId(session: number, clientMessageId: string) {
      const row = byClientId.get(...toClientMessageId(clientMessageId), session);
      if (!row) return null;
      const reply = typeof row.reply_seq === 'number' ? bySeq.get(session, row.reply_seq) : undefined;
      return { message: toMessageRow(row), reply: reply ? toMessageRow(reply) : null };
    },
    /** True if the session has a user message with this id. */
    hasUserMessage: (session: number, messageId: string) =>
      byId.get(session, session, messageId)?.sender === SENDERS.user,
    hasVariant: (messageId: string, number: number) => variant.get(messageId, number) !== undefined,
    /** Returns the user message with this id and its replies. */
    findReply(session: number, messageId: string) {
      const row = byId.get(session, session, messageId);
      if (row?.sender !== SENDERS.user) return null;
      const first = typeof row.reply_seq === 'number' ? bySeq.get(session, row.reply_seq) : undefined;
      const newest = newestVariant.get(messageId) ?? first;
      return {
        message: toMessageRow(row),
        reply: first ? toMessageRow(first) : null,
        newestReply: newest ? toMessageRow(newest) : null,
        openVariant: mapRow(openVariant.get(messageId), (draft) => integer(draft.variant)),
        isReplaced: replacing.get(messageId) !== undefined,
      };
    },
    /** Returns at most `limit` messages, ascending, and whether there are more in the direction read. */
    page(session: number, { before = MAX_SEQ, after, limit }: MessageQuery) {
      const forward = after !== undefined;
      const rows = forward
        ? pageAfter.all(session, Math.min(after, MAX_SEQ), session, limit + 1)
        : pageBefore.all(session, session, Math.min(before, MAX_SEQ), limit + 1);
      const messages = rows.slice(0, limit).map(toMessageRow);
      return { messages: forward ? messages : messages.reverse(), hasMore: rows.length > limit };
    },
    /** Records the `seq` of the reply to a message. False if the session has no such message, or it has a reply already. */
    markAnswered(session: number, messageId: string, replySeq: number): boolean {
      return setReply.run(replySeq, messageId, session).changes !== 0;
    },
  };
}

/** The operations on messages. The caller holds the write lock for those that write, and flushes `sessionCache` before the commit. */
export function createMessageOperations(
  database: SqliteDatabase,
  sessionCache: SessionWriteCache,
): Pick<SyncOperations, keyof MessageStore> {
  const sessions = createSessionTable(database);
  const messages = createMessageTable(database);
  const drafts = createDraftEnd(database);
  const unanswered = database.prepare(
    `SELECT messages.*, messages.place & ${MAX_SEQ} AS seq, sessions.id AS session_id, sessions.user_id
     FROM messages JOIN sessions ON sessions.key = messages.place >> 32
     WHERE messages.sender = 0 AND messages.reply_seq IS NULL AND messages.id > ${UUID}
       AND sessions.user_id ${NOT_DELETED}
     ORDER BY messages.id LIMIT ?`,
  );

  const queued = database.prepare(
    `SELECT messages.*, drafts.message_seq AS seq, sessions.id AS session_id, sessions.user_id, drafts.variant
     FROM drafts JOIN sessions ON sessions.key = drafts.session
       JOIN messages ON messages.place = (drafts.session << 32) | drafts.message_seq
     WHERE drafts.variant > 1 AND drafts.ended IS NULL AND drafts.reply_to > ? AND sessions.user_id ${NOT_DELETED}
     ORDER BY drafts.reply_to LIMIT ?`,
  );

  function findEarlier(
    { key, session }: SessionRow,
    clientMessageId: string | undefined,
  ): Appended<StoredExchange> | null {
    const found = clientMessageId === undefined ? null : messages.findByClientId(key, clientMessageId);
    if (!found) return null;
    const message = inSession(session.id, found.message);
    const reply = found.reply && inSession(session.id, found.reply);
    return { stored: { message, reply, duplicate: true, sessionChange: null }, session };
  }

  /** The last message of the session, or its creation. */
  function lastStamp({ key, session, lastMessageId }: SessionRow): LastStamp {
    const messageId = lastMessageId ?? messages.findId(key, session.lastSeq);
    return { timestamp: activeAt(session), messageId };
  }

  /** Appends an exchange whose times and ids are in order. */
  function append(row: SessionRow, { message, reply }: NewExchange): SessionState {
    const { key, session } = row;
    const seq = session.lastSeq + 1;
    const lastSeq = reply ? seq + 1 : seq;
    messages.insertExchange(key, seq, message, reply);
    const { messageId, timestamp: lastMessageAt } = reply ?? message;
    const name = session.name ?? nameFromContent(message.content);
    return sessionCache.change(row, messageId, {
      name,
      lastMessageAt,
      lastSeq,
      readSeq: seq,
      archived: false,
    });
  }

  /** Throws `VALIDATION_FAILED` if `replaces` names no user message of the session. */
  function checkReplaces(found: SessionRow | null, { replaces }: NewMessage): void {
    if (replaces === undefined || (found && messages.hasUserMessage(found.key, replaces))) return;
    throw invalidReplacesError();
  }

  /** False if the message has this reply already, or does not exist. Records the first reply as `seq`. */
  function isWanted(key: number, { replyTo, variant }: Pick<NewReply, 'replyTo' | 'variant'>, seq: number) {
    if (variant === undefined) return messages.markAnswered(key, replyTo, seq);
    return messages.hasUserMessage(key, replyTo) && !messages.hasVariant(replyTo, variant);
  }

  function appendTo(found: SessionRow, given: NewExchange): AppendAnswer {
    const isLater = given.message.timestamp > activeAt(found.session);
    const exchange = isLater ? given : exchangeInOrder(lastStamp(found), given);
    const session = append(found, exchange);
    const { name, archived } = found.session;
    const change = name === null ? 'renamed' : archived ? 'changed' : null;
    if (change !== null || session.name === null || exchange !== given) {
      return withChange(exchange, change, session);
    }
    return [session.lastSeq, session.name, session.createdAt, session.pinned];
  }

  /** Appends the exchange, or returns the earlier one with its `clientMessageId`, which the index finds: looking first would cost more. */
  function appendOnce(found: SessionRow, given: NewExchange): AppendAnswer {
    try {
      return appendTo(found, given);
    } catch (error) {
      const earlier = isDuplicateKey(error) ? findEarlier(found, given.message.clientMessageId) : null;
      if (earlier) return earlier;
      throw error;
    }
  }

  return {
    readMessages(userId, sessionId, query) {
      const found = sessions.find(sessionId);
      if (found?.session.userId !== userId) return null;
      const page = messages.page(found.key, query);
      return { ...page, messages: page.messages.map((message) => inSession(sessionId, message)) };
    },

    appendExchange(...fields) {
      const given = fromFields(fields);
      const { userId, sessionId: id, message } = given;
      const found = sessionCache.find(id);
      if (!found) {
        checkReplaces(null, message);
        const created = sessionCache.create({ id, userId, createdAt: message.timestamp });
        return created && withChange(given, 'created', append(created, given));
      }
      if (found.session.userId !== userId) return null;
      if (message.replaces === undefined) return appendOnce(found, given);
      // First, as a repeat may name what is not there any more.
      const earlier = findEarlier(found, message.clientMessageId);
      if (earlier) return earlier;
      checkReplaces(found, message);
      return appendTo(found, given);
    },

    appendReply({ userId, sessionId, fence, ...content }) {
      const found = sessionCache.find(sessionId);
      if (found?.session.userId !== userId) return null;
      if (fence && !drafts.end(fence)) return null;
      const seq = found.session.lastSeq + 1;
      if (!isWanted(found.key, content, seq)) return null;
      if (!fence && content.variant === undefined) drafts.discard(content.replyTo);
      const isLater = content.timestamp > activeAt(found.session);
      const inTime = isLater ? content : inOrder(lastStamp(found), content);
      const reply: MessageRow = { ...inTime, seq, sender: 'server' };
      messages.insert(found.key, reply);
      const session = sessionCache.change(found, reply.messageId, {
        lastMessageAt: reply.timestamp,
        lastSeq: seq,
      });
      return { stored: inSession(sessionId, reply), session };
    },

    hasClientMessage(userId, sessionId, clientMessageId) {
      const row = sessions.find(sessionId);
      return row?.session.userId === userId && messages.findByClientId(row.key, clientMessageId) !== null;
    },

    findReply(userId, sessionId, messageId) {
      const row = sessions.find(sessionId);
      const found = row?.session.userId === userId ? messages.findReply(row.key, messageId) : null;
      return (
        found && {
          message: inSession(sessionId, found.message),
          reply: found.reply && inSession(sessionId, found.reply),
          newestReply: found.newestReply && inSession(sessionId, found.newestReply),
          openVariant: found.openVariant,
          isReplaced: found.isReplaced,
        }
      );
    },

    findUnanswered(limit, after = '') {
      const found = [...unanswered.all(after, limit), ...queued.all(after, limit)].map((row) => ({
        userId: text(row.user_id),
        message: inSession(text(row.session_id), toMessageRow(row)),
        ...(typeof row.variant === 'number' && { variant: row.variant }),
      }));
      return inOrderOfMessages(found).slice(0, limit);
    },
  };
}

function withChange(
  exchange: NewExchange,
  type: SessionChangeByMessage['type'] | null,
  session: SessionState,
): Appended<StoredExchange> {
  const { content } = exchange.reply ?? exchange.message;
  const change = type && { type, session: { ...session, preview: previewOf(content) } };
  return { stored: newlyStored(exchange, session.lastSeq, change), session };
}

/** The time that the next message must not be below. */
function activeAt({ lastMessageAt, createdAt }: SessionState): string {
  return lastMessageAt ?? createdAt;
}

function inSession(sessionId: string, message: MessageRow): Message {
  return { sessionId, ...message };
}

function toMessageRow(row: Row): MessageRow {
  return {
    messageId: uuidOf(row.id),
    seq: integer(row.seq),
    sender: row.sender === SENDERS.user ? 'user' : 'server',
    content: text(row.content),
    timestamp: new Date(integer(row.timestamp)).toISOString(),
    ...(row.client_message_id !== null && { clientMessageId: clientMessageIdOf(row.client_message_id) }),
    ...(row.reply_to !== null && { replyTo: uuidOf(row.reply_to) }),
    ...(row.variant_of !== null && { replyTo: uuidOf(row.variant_of) }),
    ...(typeof row.extra === 'string' && rareFieldsOf(JSON.parse(row.extra))),
  };
}

/** The column with the rare fields of a message. */
function extraOf(message: MessageRow): string | null {
  const fields = rareFieldsOf(message);
  return Object.keys(fields).length === 0 ? null : JSON.stringify(fields);
}
