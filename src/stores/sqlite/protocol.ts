import { ChatError, type ErrorCode, type FieldError } from '../../domain/errors';
import type { Message } from '../../domain/message';
import type { SessionState } from '../../domain/session';
import type {
  NewExchange,
  NewReply,
  Operation,
  Arguments as PlainArguments,
  Results as PlainResults,
  SessionChangeByMessage,
  StoredExchange,
} from '../chatStore';
import { UnusableDatabase } from '../databaseHealth';

export type { Operation } from '../chatStore';

/** The arguments of the operations as they travel to the thread: without callbacks, and with exchanges as flat lists. */
export type Arguments = PlainArguments & { appendExchange: ExchangeFields; appendReply: [reply: NewReply] };
export type Results = PlainResults & {
  appendExchange: AppendAnswer | null;
  appendReply: Appended<Message> | null;
};

/** The operations of a `ChatStore`, run synchronously in the thread. An operation that throws a `ChatError` has written nothing. */
export type SyncOperations = { [K in Operation]: (...args: Arguments[K]) => Results[K] };

/**
 * An exchange as it travels to the thread. A flat list is cloned in half the time of nested objects. The last three are those of the
 * reply. The id is null if there is no reply; content and timestamp are null if they are those of the message, as in an echo.
 */
export type ExchangeFields = readonly [
  userId: string,
  sessionId: string,
  messageId: string,
  content: string,
  timestamp: string,
  clientMessageId: string | null,
  replaces: string | null,
  replyId: string | null,
  replyContent: string | null,
  replyTimestamp: string | null,
];

/** What an append has stored, and the session after it. */
export interface Appended<T> {
  stored: T;
  session: SessionState;
}

/**
 * The thread's answer: everything, or for the frequent case of a new exchange in a named session that is not archived only the fields
 * that the caller does not have.
 */
export type AppendAnswer =
  | readonly [lastSeq: number, name: string, createdAt: string, pinned: boolean]
  | Appended<StoredExchange>;

export function toFields({ userId, sessionId, message, reply }: NewExchange): ExchangeFields {
  const { messageId, content, timestamp, clientMessageId = null, replaces = null } = message;
  const fields = [userId, sessionId, messageId, content, timestamp, clientMessageId, replaces] as const;
  if (!reply) return [...fields, null, null, null];
  return [
    ...fields,
    reply.messageId,
    reply.content === content ? null : reply.content,
    reply.timestamp === timestamp ? null : reply.timestamp,
  ];
}

export function fromFields(fields: ExchangeFields): NewExchange {
  const [userId, sessionId, messageId, content, timestamp, clientMessageId, replaces, replyId] = fields;
  const [, , , , , , , , replyContent, replyTimestamp] = fields;
  return {
    userId,
    sessionId,
    message: {
      messageId,
      content,
      timestamp,
      ...(clientMessageId !== null && { clientMessageId }),
      ...(replaces !== null && { replaces }),
    },
    ...(replyId !== null && {
      reply: { messageId: replyId, content: replyContent ?? content, timestamp: replyTimestamp ?? timestamp },
    }),
  };
}

/** Completes the thread's answer with what was sent. */
export function toAppendedExchange(exchange: NewExchange, answer: AppendAnswer): Appended<StoredExchange> {
  if ('stored' in answer) return answer;
  const [lastSeq, name, createdAt, pinned] = answer;
  const { userId, sessionId: id, message, reply } = exchange;
  const lastMessageAt = (reply ?? message).timestamp;
  const readSeq = reply ? lastSeq - 1 : lastSeq;
  const session = { id, userId, name, createdAt, lastMessageAt, lastSeq, readSeq, pinned, archived: false };
  return { stored: newlyStored(exchange, lastSeq, null), session };
}

/** An exchange that was stored as it was sent. `lastSeq` is the `seq` of its last message. */
export function newlyStored(
  { sessionId, message, reply }: NewExchange,
  lastSeq: number,
  sessionChange: SessionChangeByMessage | null,
): StoredExchange {
  const seq = reply ? lastSeq - 1 : lastSeq;
  return {
    message: { sessionId, ...message, seq, sender: 'user' },
    reply: reply ? { sessionId, ...reply, seq: lastSeq, sender: 'server', replyTo: message.messageId } : null,
    duplicate: false,
    sessionChange,
  };
}

/** The error of a failed job as plain data: of an `Error`, only the message survives the way between threads. */
export interface JobError {
  code: ErrorCode;
  detail?: string;
  errors?: readonly FieldError[];
  cause?: string;
  /** The operation itself has refused, and so has written nothing. */
  isExpected: boolean;
  /** The advice of an `UnusableDatabase`. */
  advice?: string;
  /** It is unknown what the connection believes to be on disk, as after a failed write or sync. */
  isConnectionSuspect: boolean;
}

/**
 * Primary result codes which mean that the database is unavailable at the moment, not that the statement is wrong: BUSY, LOCKED,
 * NOMEM, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOTADB (https://sqlite.org/rescode.html).
 */
const UNAVAILABLE_CODES: ReadonlySet<number> = new Set([5, 6, 7, 8, 10, 11, 13, 14, 15, 26]);

/**
 * BUSY, LOCKED and FULL: nothing was written, and the connection knows it. These errors can last, and reopening the connection for
 * each of them would slow down reads.
 */
const HARMLESS_CODES: ReadonlySet<number> = new Set([5, 6, 13]);

export function toJobError(error: unknown): JobError {
  if (error instanceof ChatError) {
    const { code, message: detail, errors } = error;
    return {
      code,
      detail,
      ...(errors && { errors }),
      isExpected: true,
      ...(error instanceof UnusableDatabase && { advice: error.advice }),
      isConnectionSuspect: false,
    };
  }
  const resultCode = primaryResultCode(error);
  const isUnavailable = UNAVAILABLE_CODES.has(resultCode) || isSystemCallError(error);
  return {
    code: isUnavailable ? 'UNAVAILABLE' : 'INTERNAL',
    cause: error instanceof Error ? (error.stack ?? error.message) : String(error),
    isExpected: false,
    isConnectionSuspect: isUnavailable && !HARMLESS_CODES.has(resultCode),
  };
}

export function fromJobError({ code, detail, errors, cause, advice }: JobError): ChatError {
  if (advice !== undefined) return new UnusableDatabase(advice);
  return new ChatError(code, { ...(detail && { detail }), ...(errors && { errors }), cause });
}

/** An error of the operating system: the folder of the file is missing, not accessible or not a folder. */
function isSystemCallError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

/** A statement would have stored a second row with the same unique key (https://sqlite.org/rescode.html#constraint_unique). */
export function isDuplicateKey(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 2067;
}

/** The primary result code of an SQLite error, 0 for any other error (https://sqlite.org/rescode.html). */
export function primaryResultCode(error: unknown): number {
  const extended = error instanceof Error && 'errcode' in error ? Number(error.errcode) : 0;
  return extended & 0xff;
}
