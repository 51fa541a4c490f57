import { MAX_BODY_BYTES } from './limits';

/**
 * Every error a client can be told of, with the HTTP status it has over REST. Sockets send the same codes.
 * `title` names the kind of problem (RFC 9457); `detail` is the text where the place that failed gives none of its own.
 */
export const ERROR_CATALOGUE = {
  VALIDATION_FAILED: {
    status: 400,
    title: 'Invalid input',
    detail: 'Correct the fields named in "errors" and send the request again.',
  },
  MALFORMED_JSON: {
    status: 400,
    title: 'Malformed JSON',
    detail: 'The request body is not valid JSON in UTF-8.',
  },
  UNAUTHENTICATED: {
    status: 401,
    title: 'Not logged in',
    detail:
      'This needs a valid token of a live login. Log in and send it as "Authorization: Bearer <token>".',
  },
  INVALID_CREDENTIALS: {
    status: 401,
    title: 'Wrong email or password',
    detail: 'No account has this email and password.',
  },
  TOKEN_EXPIRED: {
    status: 401,
    title: 'Token expired',
    detail: 'The token has ended. Get a new one with POST /api/auth/refresh, or log in again.',
  },
  TOKEN_REUSED: {
    status: 401,
    title: 'Refresh token used twice',
    detail: 'This refresh token was already exchanged, so its login was ended for safety. Log in again.',
  },
  NOT_FOUND: { status: 404, title: 'Not found', detail: 'There is nothing here that belongs to you.' },
  USERNAME_TAKEN: {
    status: 409,
    title: 'Username taken',
    detail: 'Another account has this username. Choose another one.',
  },
  EMAIL_TAKEN: {
    status: 409,
    title: 'Email taken',
    detail: 'Another account has this email. Log in, or use another one.',
  },
  CONFLICT: {
    status: 409,
    title: 'Conflict',
    detail: 'The request contradicts what is stored. Read it again and repeat the change.',
  },
  PAYLOAD_TOO_LARGE: {
    status: 413,
    title: 'Payload too large',
    detail: `The request body is over ${MAX_BODY_BYTES / 1024} KB.`,
  },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    title: 'Unsupported media type',
    detail: 'Send the body as "Content-Type: application/json" in UTF-8.',
  },
  RATE_LIMITED: {
    status: 429,
    title: 'Too many requests',
    detail: 'Wait as long as "Retry-After" or "retryAfterMs" says, then try again.',
  },
  INTERNAL: {
    status: 500,
    title: 'Internal error',
    detail: 'The server failed on this request. Its log has the cause under the request id.',
  },
  UNAVAILABLE: {
    status: 503,
    title: 'Temporarily unavailable',
    detail: 'The server cannot reach its database or is stopping. Try again shortly.',
  },
} as const satisfies Record<string, { status: number; title: string; detail: string }>;

export type ErrorCode = keyof typeof ERROR_CATALOGUE;

/** The `type` of the problems with this code: a name, nothing to follow. */
export function problemType(code: ErrorCode): string {
  return `urn:smart-chat-server:problem:${code.toLowerCase().replaceAll('_', '-')}`;
}

/** One field of the input that is wrong, and what would be right. */
export interface FieldError {
  field: string;
  message: string;
}

/** A limit of a kind: `quota` of them in so many seconds. */
export interface Limit {
  name: string;
  quota: number;
  seconds: number;
}

/** The body of every error answer of REST (RFC 9457). */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  /** The path that was asked for. */
  instance: string;
  code: ErrorCode;
  errors?: readonly FieldError[];
  requestId: string;
}

export interface ChatErrorOptions {
  detail?: string;
  errors?: readonly FieldError[];
  /** How long the client should wait before it tries again, in milliseconds. */
  retryAfterMs?: number;
  /** The limit that was reached. */
  limit?: Limit;
  /** What went wrong underneath: for the log, never for the client. */
  cause?: unknown;
}

/** A failure that may be shown to the client as it is. Anything else that is thrown reaches it as `INTERNAL`. */
export class ChatError extends Error {
  readonly errors?: readonly FieldError[];
  readonly retryAfterMs?: number;
  readonly limit?: Limit;

  constructor(
    readonly code: ErrorCode,
    { detail, errors, retryAfterMs, limit, cause }: ChatErrorOptions = {},
  ) {
    super(detail ?? ERROR_CATALOGUE[code].detail, { cause });
    this.name = 'ChatError';
    if (errors) this.errors = errors;
    if (retryAfterMs !== undefined) this.retryAfterMs = retryAfterMs;
    if (limit) this.limit = limit;
  }
}

/** Returns the failure as one that may be shown: itself if it is one, otherwise `INTERNAL` with it as the cause. */
export function toChatError(error: unknown): ChatError {
  return error instanceof ChatError ? error : new ChatError('INTERNAL', { cause: error });
}
