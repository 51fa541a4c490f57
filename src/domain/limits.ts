/** How long what a client sends may be. Characters are Unicode code points. */

/** Letters, digits, `_`, `.` and `-`. */
export const USERNAME_LENGTH = { min: 3, max: 32 } as const;
export const USERNAME_PATTERN = `^[A-Za-z0-9_.-]{${USERNAME_LENGTH.min},${USERNAME_LENGTH.max}}$`;
export const MAX_EMAIL_LENGTH = 254;
export const PASSWORD_LENGTH = { min: 8, max: 128 } as const;
export const MAX_NAME_LENGTH = 100;
/** In UTF-8. */
export const MAX_CONTENT_BYTES = 16_384;
/** In UTF-16 code units. */
export const MAX_CLIENT_MESSAGE_ID_LENGTH = 128;
/** Sessions or messages in one answer. */
export const PAGE_LENGTH = { min: 1, max: 100, default: 50 } as const;
/** Messages of the first page that `join-session {after}` answers with. */
export const RESUME_PAGE_LENGTH = 100;
/** The start of its first message that names a nameless session, in characters. */
export const NAME_FROM_CONTENT_LENGTH = 60;
/** An id of a request: nothing that could break a line of a log, or make it long. */
export const REQUEST_ID_PATTERN = '^[\\w.:~+/=-]{1,64}$';
/** The largest body of a request. */
export const MAX_BODY_BYTES = 65_536;
/** The largest frame a client may send: four times the largest content, for its JSON. */
export const MAX_FRAME_BYTES = 65_536;

/** A connection that hasn't logged in by then is closed. */
export const LOGIN_TIMEOUT_MS = 10_000;
/** How long before its token ends a socket is told. */
export const TOKEN_WARNING_MS = 60_000;
/** For so long a refresh token that was just exchanged gives the same successor again: a lost answer, or two tabs. */
export const REFRESH_REPLAY_MS = 10_000;
