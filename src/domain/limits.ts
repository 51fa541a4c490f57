/** The limits of what clients send. Characters are Unicode code points, unless a comment says otherwise. */

export const USERNAME_LENGTH = { min: 3, max: 32 } as const;
/** Letters, digits, `_`, `.` and `-`. */
export const USERNAME_PATTERN = `^[A-Za-z0-9_.-]{${USERNAME_LENGTH.min},${USERNAME_LENGTH.max}}$`;
export const MAX_EMAIL_LENGTH = 254;
export const PASSWORD_LENGTH = { min: 8, max: 128 } as const;
export const MAX_NAME_LENGTH = 100;
/** Bytes of UTF-8. */
export const MAX_CONTENT_BYTES = 16_384;
/** Bytes of UTF-8 of a model's reply. A longer one ends there. */
export const MAX_REPLY_BYTES = 65_536;
export const MAX_CLIENT_MESSAGE_ID_LENGTH = 128;
/** Sessions or messages per page. */
export const PAGE_LENGTH = { min: 1, max: 100, default: 50 } as const;
/** Messages in the acknowledgement of `join-session {after}`. */
export const RESUME_PAGE_LENGTH = 100;
/** How much of its first message becomes the name of a session without one. A grapheme is a character as people see it. */
export const NAME_FROM_CONTENT = { graphemes: 60, codePoints: MAX_NAME_LENGTH } as const;
/** The largest preview of a session. */
export const MAX_PREVIEW_LENGTH = 120;
/** A request id must neither break a log line nor make it long. */
export const REQUEST_ID_PATTERN = '^[\\w.:~+/=-]{1,64}$';
/** Maximum size of a request body. */
export const MAX_BODY_BYTES = 65_536;
/** Maximum size of a client's frame: four times the largest content, because JSON may escape it. */
export const MAX_FRAME_BYTES = 65_536;

/** A connection without a login is closed after this time. */
export const LOGIN_TIMEOUT_MS = 10_000;
/** How long before its token expires a socket is notified. */
export const TOKEN_WARNING_MS = 60_000;
/** The least time between two `active` events of a session. */
export const ACTIVITY_INTERVAL_MS = 1_000;
/**
 * How long after the first use of a pair of tokens the refresh token before it still returns that pair. Before the first use there is
 * no limit, because a client may not have received the response. Clients give up a refresh sooner (`REFRESH_TIMEOUT_MS`), so that a
 * slow request of one tab is not taken for a reuse when another tab was faster.
 */
export const REFRESH_REPLAY_MS = 10_000;
/** How long clients wait for the response to a refresh. */
export const REFRESH_TIMEOUT_MS = 8_000;

/** The origin of the server in the examples of the API reference, which the server replaces by its own. */
export const DOCUMENTED_ORIGIN = 'http://localhost:3001';

/** The `iss` of this server's own tokens. */
export const TOKEN_ISSUER = 'smart-chat-server';
