import type { Message } from '../../domain/message';
import type { NewExchange, SessionCreatedOrNamed, StoredExchange } from '../chatStore';

/** An exchange as it travels to the thread. A flat list is cloned in half the time of nested objects. */
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
 * The thread's answer, without the fields that the caller has already: the `seq` of the last message, or that and the change of the
 * session, or the earlier exchange with this `clientMessageId`.
 */
export type AppendedExchange = number | FirstExchange | EarlierExchange;

export interface FirstExchange {
  lastSeq: number;
  sessionChange: SessionCreatedOrNamed;
}

export interface EarlierExchange {
  message: Message;
  reply: Message | null;
}

export function toFields({ userId, sessionId, message, reply }: NewExchange): ExchangeFields {
  const { messageId, content, timestamp, clientMessageId = null } = message;
  const replyFields = reply ? ([reply.messageId, reply.content, reply.timestamp] as const) : null;
  return [userId, sessionId, messageId, content, timestamp, clientMessageId, replyFields];
}

export function fromFields(fields: ExchangeFields): NewExchange {
  const [userId, sessionId, messageId, content, timestamp, clientMessageId, reply] = fields;
  return {
    userId,
    sessionId,
    message: { messageId, content, timestamp, ...(clientMessageId !== null && { clientMessageId }) },
    ...(reply && { reply: { messageId: reply[0], content: reply[1], timestamp: reply[2] } }),
  };
}

/** Combines the thread's answer with the fields that were sent to it. */
export function toStoredExchange(exchange: NewExchange, appended: AppendedExchange): StoredExchange {
  if (typeof appended === 'number') return appendedExchange(exchange, appended, null);
  if ('lastSeq' in appended) return appendedExchange(exchange, appended.lastSeq, appended.sessionChange);
  return { ...appended, duplicate: true, sessionChange: null };
}

function appendedExchange(
  { sessionId, message, reply }: NewExchange,
  lastSeq: number,
  sessionChange: SessionCreatedOrNamed | null,
): StoredExchange {
  const seq = reply ? lastSeq - 1 : lastSeq;
  return {
    message: { sessionId, ...message, seq, sender: 'user' },
    reply: reply ? { sessionId, ...reply, seq: lastSeq, sender: 'server', replyTo: message.messageId } : null,
    duplicate: false,
    sessionChange,
  };
}
