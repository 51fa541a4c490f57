import { MAX_PREVIEW_LENGTH, NAME_FROM_CONTENT } from './limits';
import type { Message } from './message';
import { startOf, toLine } from './text';

/** A session as it is stored. Times are ISO 8601 UTC. */
export interface SessionState {
  id: string;
  userId: string;
  /** Set by the user, or taken from the first message; null before that. */
  name: string | null;
  createdAt: string;
  /** Null before the first message. */
  lastMessageAt: string | null;
  /** The `seq` of the latest message, 0 before the first one. */
  lastSeq: number;
  /**
   * The user has read the messages up to this `seq`, on any device; never larger than `lastSeq`, and never decreasing. A message
   * that the user sends marks itself and all before it as read.
   */
  readSeq: number;
  pinned: boolean;
  /** Listed only on request. The next message of the user ends it. */
  archived: boolean;
}

/** A conversation of one user with the server, on any number of devices. */
export interface Session extends SessionState {
  /** The start of the last message, see `previewOf`; null before the first one. */
  preview: string | null;
}

/** What a user can change in a session. */
export interface SessionChanges {
  name?: string;
  pinned?: boolean;
  archived?: boolean;
}

export interface NewSession {
  id: string;
  userId: string;
  name: string | null;
  createdAt: string;
}

/** What a session without messages has besides its id, user, name and time. */
export const EMPTY_SESSION = {
  lastMessageAt: null,
  lastSeq: 0,
  readSeq: 0,
  pinned: false,
  archived: false,
  preview: null,
} as const;

/** A page of a user's sessions to read. */
export interface SessionQuery {
  limit: number;
  cursor?: string;
  /** The archived sessions instead of the others. Of these, only the pinned ones, or those with messages that the user has not read. */
  archived?: boolean;
  pinned?: boolean;
  unread?: boolean;
}

export interface MarkedSession {
  session: Session;
  /** False if the messages were marked as read before. */
  advanced: boolean;
}

export interface OpenedSession {
  session: Session;
  created: boolean;
}

/** A page of a user's sessions, the newest activity first: the latest message, or the creation. */
export interface SessionPage {
  sessions: Session[];
  /** The `cursor` of the next page; null on the last page. */
  nextCursor: string | null;
}

/** Every `SessionChange`. */
export const SESSION_CHANGES = ['created', 'renamed', 'changed', 'deleted', 'active'] as const;
/**
 * The changes of a session that are reported to the user's devices. `changed`: it was read, pinned or archived, or the opposite of the
 * latter two. `active`: it has new messages. Later versions add types, so a client ignores those that it does not know.
 */
export type SessionChange = (typeof SESSION_CHANGES)[number];

/** The payload of the `session` event. `list`: earlier events may be missing, so the client reads its list of sessions again. */
export type SessionEvent = { type: SessionChange; session: Session } | { type: 'list'; session?: never };

/** Derives the name of a session from its first message. */
export function nameFromContent(content: string): string {
  return startOf(toLine(content), NAME_FROM_CONTENT).trimEnd();
}

/** A line of up to 120 characters has at most this many UTF-16 code units in front of it that matter, unless it is mostly white space. */
const PREVIEW_HEAD = 1_000;

/**
 * Derives the preview of a session from its last message: its start on one line. Characters are code points; a grapheme is not cut in
 * two. Runs of white space, also line breaks, are one space, and control characters are left out.
 */
export function previewOf(content: string): string {
  // Most contents are much longer than a preview, so only their head is converted.
  const head = toLine(content.slice(0, PREVIEW_HEAD));
  const line =
    content.length > PREVIEW_HEAD && head.length <= 2 * MAX_PREVIEW_LENGTH ? toLine(content) : head;
  if (line.length <= MAX_PREVIEW_LENGTH) return line;
  // A grapheme can have many code points, so more than the largest preview is segmented.
  const start = line.slice(0, 4 * MAX_PREVIEW_LENGTH);
  return startOf(start, { graphemes: MAX_PREVIEW_LENGTH, codePoints: MAX_PREVIEW_LENGTH }).trimEnd();
}

/** The session as it was after one of its messages. `state` is its state then or later. */
export function sessionAfter(state: SessionState, message: Message): Session {
  const { seq: lastSeq, timestamp: lastMessageAt, content } = message;
  const readSeq = Math.min(state.readSeq, lastSeq);
  return { ...state, lastSeq, lastMessageAt, readSeq, preview: previewOf(content) };
}
