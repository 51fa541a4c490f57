import type { ErrorCode, FieldError } from '../../src/domain/errors';

/**
 * The server's error codes and the client's own. `OFFLINE`: the server can't be reached. `BAD_RESPONSE`: the response is not from a
 * Smart Chat Server. `NO_ROOM`: the storage is full.
 */
export type ChatClientErrorCode = ErrorCode | 'OFFLINE' | 'BAD_RESPONSE' | 'NO_ROOM';

/** The optional properties of a `ChatClientError`, which describes them. */
export interface ChatClientErrorDetails {
  status?: number;
  errors?: readonly FieldError[];
  retryAfterMs?: number;
  requestId?: string;
  cause?: unknown;
}

/** The error of every failed call. `code` is stable; `message` says what is wrong and what to do, and can be shown to users. */
export class ChatClientError extends Error {
  readonly code: ChatClientErrorCode;
  /** The HTTP status, if the error comes from a REST call. */
  readonly status?: number;
  /** The invalid fields, if `code` is `VALIDATION_FAILED`. */
  readonly errors?: readonly FieldError[];
  /** How long to wait before the next attempt, in milliseconds. */
  readonly retryAfterMs?: number;
  /** The id under which the server logged the request. */
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

const RETRYABLE: readonly ChatClientErrorCode[] = [
  'OFFLINE',
  'BAD_RESPONSE',
  'UNAVAILABLE',
  'RATE_LIMITED',
  'INTERNAL',
];

export function hasCode(error: unknown, codes: readonly ChatClientErrorCode[]): error is ChatClientError {
  return isChatClientError(error) && codes.includes(error.code);
}

/** By its name, because the bundles for `require` have a class each. */
function isChatClientError(error: unknown): error is ChatClientError {
  return error instanceof Error && error.name === 'ChatClientError' && 'code' in error;
}

/** True if the same request may succeed later. */
export function isRetryable(error: unknown): error is ChatClientError {
  return hasCode(error, RETRYABLE);
}

/** True if the server rejected the access token. Whether the login has ended too, only a refresh shows. */
export function isTokenRejected(error: unknown): boolean {
  return hasCode(error, ['TOKEN_EXPIRED', 'UNAUTHENTICATED']);
}

export function notLoggedInError(): ChatClientError {
  return new ChatClientError('UNAUTHENTICATED', 'You are not logged in. Log in and try again.', {
    status: 401,
  });
}

/** The error with which the server rejects such a message. */
export function invalidContentError(problem: string): ChatClientError {
  return new ChatClientError('VALIDATION_FAILED', `content ${problem}.`, {
    status: 400,
    errors: [{ field: 'content', message: problem }],
  });
}

export function sessionDeletedError(): ChatClientError {
  return new ChatClientError('NOT_FOUND', 'This session was deleted. Use another one.', { status: 404 });
}

/** Returns a `ChatClientError` as it is, and anything else as the cause of one. */
export function toChatClientError(error: unknown): ChatClientError {
  if (isChatClientError(error)) return error;
  return new ChatClientError('BAD_RESPONSE', error instanceof Error ? error.message : String(error), {
    cause: error,
  });
}
