import type { Message } from '../../domain/message';
import type {
  NewExchange,
  NewReply,
  Operation,
  Arguments as PlainArguments,
  Results as PlainResults,
  SessionCreatedOrNamed,
  StoredExchange,
} from '../chatStore';

export type { Operation } from '../chatStore';

/** The arguments of the operations as they travel to the thread: without callbacks, and with exchanges as flat lists. */
export type Arguments = PlainArguments & { appendExchange: ExchangeFields; appendReply: [reply: NewReply] };
export type Results = PlainResults & { appendExchange: AppendAnswer | null; appendReply: Message | null };

/** The operations of a `ChatStore`, run synchronously in the thread. An operation that throws a `ChatError` has written nothing. */
export type SyncOperations = { [K in Operation]: (...args: Arguments[K]) => Results[K] };

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
export type AppendAnswer = number | SessionChangingExchange | EarlierExchange;

export interface SessionChangingExchange {
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

/** Completes the thread's answer with what was sent. */
export function toStoredExchange(exchange: NewExchange, appended: AppendAnswer): StoredExchange {
  if (typeof appended === 'number') return newlyStored(exchange, appended, null);
  if ('lastSeq' in appended) return newlyStored(exchange, appended.lastSeq, appended.sessionChange);
  return { ...appended, duplicate: true, sessionChange: null };
}

function newlyStored(
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
