import type { Message } from '../../domain/message';
import type { NewExchange, SessionMade, StoredExchange } from '../chatStore';

/** An exchange on its way to the thread of the database: a flat list is copied in half the time that nested objects take. */
export type ExchangeFields = readonly [
  userId: string,
  sessionId: string,
  messageId: string,
  content: string,
  timestamp: string,
  clientMessageId: string | null,
  reply: readonly [messageId: string, content: string, timestamp: string] | null,
];

/**
 * What the thread of the database answers of an exchange, without what whoever sent it knows: the `seq` of its last message where
 * that is all, or also what it did to the session, or what its `clientMessageId` was used for before.
 */
export type AppendedExchange = number | FirstExchange | EarlierExchange;

interface FirstExchange {
  lastSeq: number;
  sessionChange: SessionMade;
}

export interface EarlierExchange {
  message: Message;
  reply: Message | null;
}

export function fieldsOf({ userId, sessionId, message, reply }: NewExchange): ExchangeFields {
  const { messageId, content, timestamp, clientMessageId = null } = message;
  const replyFields = reply ? ([reply.messageId, reply.content, reply.timestamp] as const) : null;
  return [userId, sessionId, messageId, content, timestamp, clientMessageId, replyFields];
}

export function exchangeOf(fields: ExchangeFields): NewExchange {
  const [userId, sessionId, messageId, content, timestamp, clientMessageId, reply] = fields;
  return {
    userId,
    sessionId,
    message: { messageId, content, timestamp, ...(clientMessageId !== null && { clientMessageId }) },
    ...(reply && { reply: { messageId: reply[0], content: reply[1], timestamp: reply[2] } }),
  };
}

/** The whole exchange: its messages are the last ones of the session, unless they were there before. */
export function completed(exchange: NewExchange, appended: AppendedExchange): StoredExchange {
  if (typeof appended === 'number') return appendedTo(exchange, appended, null);
  if ('lastSeq' in appended) return appendedTo(exchange, appended.lastSeq, appended.sessionChange);
  return { ...appended, duplicate: true, sessionChange: null };
}

function appendedTo(
  { sessionId, message, reply }: NewExchange,
  lastSeq: number,
  sessionChange: SessionMade | null,
): StoredExchange {
  const seq = reply ? lastSeq - 1 : lastSeq;
  return {
    message: { sessionId, ...message, seq, sender: 'user' },
    reply: reply ? { sessionId, ...reply, seq: lastSeq, sender: 'server', replyTo: message.messageId } : null,
    duplicate: false,
    sessionChange,
  };
}
