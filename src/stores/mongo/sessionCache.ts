import type { SessionDocument } from '../../models/sessionModel';

/** The largest number of cached sessions, a few hundred bytes each. */
export const MAX_SESSIONS = 10_000;

/**
 * The last known state of sessions, so that appending a message needs no read. Another server may have changed or deleted a session
 * since, so every write that relies on this state must be conditional: the database rejects it if the state is stale.
 */
export class SessionCache {
  /** Least recently used first. */
  private readonly sessions = new Map<string, SessionDocument>();

  get(sessionId: string): SessionDocument | undefined {
    const found = this.sessions.get(sessionId);
    if (found) this.setMostRecent(found);
    return found;
  }

  /** Keeps the cached state if that is newer. */
  put(session: SessionDocument): void {
    const cached = this.sessions.get(session._id);
    const isOlder = cached?.key === session.key && cached.lastSeq > session.lastSeq;
    this.setMostRecent(isOlder ? cached : session);
    if (this.sessions.size > MAX_SESSIONS) this.evictLeastRecent();
  }

  delete(sessionId: string): void {
    this.sessions.delete(sessionId);
  }

  clear(): void {
    this.sessions.clear();
  }

  private setMostRecent(session: SessionDocument): void {
    this.sessions.delete(session._id);
    this.sessions.set(session._id, session);
  }

  private evictLeastRecent(): void {
    for (const leastRecent of this.sessions.keys()) {
      this.sessions.delete(leastRecent);
      return;
    }
  }
}
