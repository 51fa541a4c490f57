import type { ErrorCode, FieldError } from '../../src/domain/errors';

/**
 * What went wrong: a code of the server, or one of the client's own. `OFFLINE`: the server can't be reached. `BAD_RESPONSE`: what
 * answered is no Smart Chat Server. `NO_ROOM`: the storage is full.
 */
export type ChatClientErrorCode = ErrorCode | 'OFFLINE' | 'BAD_RESPONSE' | 'NO_ROOM';

export interface ChatClientErrorDetails {
  /** The HTTP status, where REST answered. */
  status?: number;
  /** Each wrong field, where `code` is `VALIDATION_FAILED`. */
  errors?: readonly FieldError[];
  /** How long to wait before the next attempt, in milliseconds. */
  retryAfterMs?: number;
  /** Under which the server's log has the cause. */
  requestId?: string;
  cause?: unknown;
}

/** Every failure of the client. Its `message` is for people: it says what is wrong and what to do. */
export class ChatClientError extends Error {
  readonly code: ChatClientErrorCode;
  readonly status?: number;
  readonly errors?: readonly FieldError[];
  readonly retryAfterMs?: number;
  readonly requestId?: string;

  constructor(
    code: ChatClientErrorCode,
    message: string,
    { status, errors, retryAfterMs, requestId, cause }: ChatClientErrorDetails = {},
  ) {
    super(message, { cause });
    this.name = 'ChatClientError';
    this.code = code;
    if (status !== undefined) this.status = status;
    if (errors) this.errors = errors;
    if (retryAfterMs !== undefined) this.retryAfterMs = retryAfterMs;
    if (requestId !== undefined) this.requestId = requestId;
  }
}

const PASSING: readonly ChatClientErrorCode[] = [
  'OFFLINE',
  'BAD_RESPONSE',
  'UNAVAILABLE',
  'RATE_LIMITED',
  'INTERNAL',
];

/** True for what may succeed if it is tried again later. */
export function isPassing(error: unknown): boolean {
  return error instanceof ChatClientError && PASSING.includes(error.code);
}

/** The failure of what needs a login where there is none. */
export function loggedOut(): ChatClientError {
  return new ChatClientError('UNAUTHENTICATED', 'Nobody is logged in. Log in and try again.', {
    status: 401,
  });
}

/** The failure as one of the client's: itself if it is one. */
export function toChatClientError(error: unknown): ChatClientError {
  if (error instanceof ChatClientError) return error;
  return new ChatClientError('BAD_RESPONSE', error instanceof Error ? error.message : String(error), {
    cause: error,
  });
}
