import type { Session } from '../../src/domain/session';

/**
 * Adds sessions to a list: pages of `sessions.list`, or the session of a `session` event. Returns a new list without duplicates, in the
 * order of `sessions.list`: the newest activity first. An added session replaces the known one with its id, except that `readSeq`, and
 * `lastSeq` with `lastMessageAt` and `preview`, never go back, as a page or an event may be older than what is known. Archived sessions stay
 * in the list until you remove them. Neither argument is changed.
 */
export function mergeSessions(known: readonly Session[], added: readonly Session[]): Session[] {
  const byId = new Map(known.map((session) => [session.id, session]));
  for (const session of added) byId.set(session.id, latest(byId.get(session.id), session));
  return [...byId.values()].sort(compareActivity);
}

function latest(known: Session | undefined, added: Session): Session {
  // After a deletion, another session may have been created with the same id.
  const isSame = known?.createdAt === added.createdAt;
  if (!known || !isSame) return added;
  const { lastSeq, lastMessageAt, preview } = known.lastSeq > added.lastSeq ? known : added;
  return { ...added, lastSeq, lastMessageAt, preview, readSeq: Math.max(known.readSeq, added.readSeq) };
}

function compareActivity(a: Session, b: Session): number {
  const [first, second] = [a.lastMessageAt ?? a.createdAt, b.lastMessageAt ?? b.createdAt];
  if (first === second) return a.id < b.id ? 1 : -1;
  return first < second ? 1 : -1;
}
