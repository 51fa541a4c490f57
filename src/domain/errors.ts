import { MAX_BODY_BYTES } from './limits';

/**
 * Every error that clients can receive, with its HTTP status. Sockets send the same codes. `title` names the kind of problem
 * (RFC 9457); `detail` is the default text, which the code that throws can replace.
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
      'This request needs a valid token of an active login. Log in and send it as "Authorization: Bearer <token>".',
  },
  INVALID_CREDENTIALS: {
    status: 401,
    title: 'Wrong email, username or password',
    detail: 'No account has this email or username with this password.',
  },
  TOKEN_EXPIRED: {
    status: 401,
    title: 'Token expired',
    detail: 'The token has expired. Get a new one with POST /api/auth/refresh, or log in again.',
  },
  TOKEN_REUSED: {
    status: 401,
    title: 'Refresh token used twice',
    detail: 'This refresh token was used before, so its login was revoked for safety. Log in again.',
  },
  FORBIDDEN: {
    status: 403,
    title: 'Not allowed',
    detail: 'This is not allowed. Ask the operator of the server.',
  },
  NOT_FOUND: { status: 404, title: 'Not found', detail: 'Not found, or owned by another user.' },
  USERNAME_TAKEN: {
    status: 409,
    title: 'Username taken',
    detail: 'Another account has this username. Choose a different one.',
  },
  EMAIL_TAKEN: {
    status: 409,
    title: 'Email taken',
    detail: 'Another account has this email. Log in, or use a different one.',
  },
  CONFLICT: {
    status: 409,
    title: 'Conflict',
    detail: 'The request conflicts with the stored data. Read it again and repeat the change.',
  },
  PAYLOAD_TOO_LARGE: {
    status: 413,
    title: 'Payload too large',
    detail: `The request body is larger than ${MAX_BODY_BYTES / 1024} KB.`,
  },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    title: 'Unsupported media type',
    detail: 'Send the body as "Content-Type: application/json" in UTF-8.',
  },
  RATE_LIMITED: {
    status: 429,
    title: 'Too many requests',
    detail: 'Wait for the time in "Retry-After" or "retryAfterMs", then try again.',
  },
  INTERNAL: {
    status: 500,
    title: 'Internal error',
    detail: 'The server failed to process this request. Its log contains the cause under the request id.',
  },
  UNAVAILABLE: {
    status: 503,
    title: 'Temporarily unavailable',
    detail: 'The server is stopping or cannot reach its database. Try again shortly.',
  },
} as const satisfies Record<string, { status: number; title: string; detail: string }>;

export type ErrorCode = keyof typeof ERROR_CATALOGUE;

/** The `type` of the problems with this code: a name, not a URL to open. */
export function problemType(code: ErrorCode): string {
  return `urn:smart-chat-server:problem:${code.toLowerCase().replaceAll('_', '-')}`;
}

/** An invalid field. The message completes a sentence that starts with the field's name. */
export interface FieldError {
  field: string;
  message: string;
}

/** A rate limit: `quota` in `seconds`. */
export interface Limit {
  name: string;
  quota: number;
  seconds: number;
}

/** The body of every REST error (RFC 9457). */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  /** The path of the request. */
  instance: string;
  code: ErrorCode;
  errors?: readonly FieldError[];
  requestId: string;
}

export interface ChatErrorOptions {
  detail?: string;
  errors?: readonly FieldError[];
  /** How long the client should wait before the next attempt. */
  retryAfterMs?: number;
  /** The limit that was reached. */
  limit?: Limit;
  /** The underlying error: for the log, never for the client. */
  cause?: unknown;
}

/** An error whose code and text are sent to the client. Any other error reaches it as `INTERNAL`. */
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

/** Returns a `ChatError` unchanged, and wraps any other error as the cause of an `INTERNAL`. */
export function toChatError(error: unknown): ChatError {
  return error instanceof ChatError ? error : new ChatError('INTERNAL', { cause: error });
}
