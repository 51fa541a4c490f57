import type { Session, SessionPage } from '../../src/domain/session';

/** When something last happened in a session. */
export function activityOf({ lastMessageAt, createdAt }: Session): string {
  return lastMessageAt ?? createdAt;
}

/** The server's order: newest activity first. */
function byActivity(a: Session, b: Session): number {
  const [first, second] = [activityOf(a), activityOf(b)];
  if (first !== second) return first < second ? 1 : -1;
  return a.id < b.id ? 1 : -1;
}

/** The sessions with these ones added, or put in the place of their earlier versions. */
export function withSessions(known: readonly Session[], added: readonly Session[]): Session[] {
  const byId = new Map([...known, ...added].map((session) => [session.id, session]));
  return [...byId.values()].sort(byActivity);
}

export function withoutSession(known: readonly Session[], id: string): Session[] {
  return known.filter((session) => session.id !== id);
}

/**
 * Brings a list up to date with the server's first page. Whatever is newer than the page's end and is not on it has been
 * deleted; what is older stays as it was.
 */
export function refreshed(known: readonly Session[], { sessions, nextCursor }: SessionPage): Session[] {
  const last = sessions.at(-1);
  const older = nextCursor === null || !last ? [] : known.filter((session) => byActivity(session, last) > 0);
  return withSessions(older, sessions);
}

/** The sessions whose name contains the words, in any case. */
export function searched(sessions: readonly Session[], words: string): readonly Session[] {
  const wanted = words.trim().toLocaleLowerCase();
  if (wanted === '') return sessions;
  return sessions.filter((session) => nameOf(session).toLocaleLowerCase().includes(wanted));
}

/** What a session is called on the page. */
export function nameOf({ name }: Pick<Session, 'name'>): string {
  return name ?? 'New chat';
}
