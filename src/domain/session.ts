import { NAME_FROM_CONTENT_LENGTH } from './limits';

/** A chat session: one user's conversation with the server, on any number of devices. Times are ISO 8601 UTC. */
export interface Session {
  id: string;
  userId: string;
  /** Given by the user, or taken from the first message; null before there is either. */
  name: string | null;
  createdAt: string;
  /** Null before the first message. */
  lastMessageAt: string | null;
  /** The `seq` of the latest message, 0 before there is one. */
  lastSeq: number;
}

/** A page of a user's sessions, newest activity (latest message, or creation) first. */
export interface SessionPage {
  sessions: Session[];
  /** Pass it as `cursor` to get the next page; null on the last one. */
  nextCursor: string | null;
}

/** What happened to a session, as the user's other devices are told. */
export type SessionChange = 'created' | 'renamed' | 'deleted';

/** Returns the name of a nameless session whose first message has this content: its first 60 characters. */
export function nameFromContent(content: string): string {
  // Two code units make one character at most, so a longer prefix is never needed.
  const start = content.trimStart().slice(0, NAME_FROM_CONTENT_LENGTH * 2);
  return Array.from(start).slice(0, NAME_FROM_CONTENT_LENGTH).join('');
}
