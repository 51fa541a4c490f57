import { NAME_FROM_CONTENT } from './limits';
import { startOf, toLine } from './text';

/** A conversation of one user with the server, on any number of devices. Times are ISO 8601 UTC. */
export interface Session {
  id: string;
  userId: string;
  /** Set by the user, or taken from the first message; null before that. */
  name: string | null;
  createdAt: string;
  /** Null before the first message. */
  lastMessageAt: string | null;
  /** The `seq` of the latest message, 0 before the first one. */
  lastSeq: number;
}

/** A page of a user's sessions, the newest activity first: the latest message, or the creation. */
export interface SessionPage {
  sessions: Session[];
  /** The `cursor` of the next page; null on the last page. */
  nextCursor: string | null;
}

/**
 * The changes of a session that are reported to the user's devices. `active`: it has new messages. Later versions add types, so a client
 * ignores those that it does not know.
 */
export const SESSION_CHANGES = ['created', 'renamed', 'deleted', 'active'] as const;
export type SessionChange = (typeof SESSION_CHANGES)[number];

/** The payload of the `session` event. `list`: earlier events may be missing, so the client reads its list of sessions again. */
export type SessionEvent = { type: SessionChange; session: Session } | { type: 'list'; session?: never };

/** Derives the name of a session from its first message. */
export function nameFromContent(content: string): string {
  return startOf(toLine(content), NAME_FROM_CONTENT).trimEnd();
}
