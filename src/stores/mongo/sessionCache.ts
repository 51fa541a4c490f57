import type { SessionDocument } from '../../models/sessionModel';

/** Sessions remembered at once: some hundred bytes each. */
export const MAX_SESSIONS = 10_000;

/**
 * Sessions as this process saw them last, so that a message to one of them needs no read. Another server may have changed or
 * deleted one since: whoever uses this writes in such a way that the database refuses what was presumed wrongly.
 */
export class SessionCache {
  /** The one that was used longest ago comes first. */
  readonly #sessions = new Map<string, SessionDocument>();

  get(sessionId: string): SessionDocument | undefined {
    const found = this.#sessions.get(sessionId);
    if (found) this.#makeLatest(found);
    return found;
  }

  put(session: SessionDocument): void {
    const known = this.#sessions.get(session._id);
    const isOlder = known?.key === session.key && known.lastSeq > session.lastSeq;
    this.#makeLatest(isOlder ? known : session);
    if (this.#sessions.size > MAX_SESSIONS) this.#dropOldest();
  }

  drop(sessionId: string): void {
    this.#sessions.delete(sessionId);
  }

  /** After a change of servers: what was seen on the old one may not be on the new one. */
  clear(): void {
    this.#sessions.clear();
  }

  #makeLatest(session: SessionDocument): void {
    this.#sessions.delete(session._id);
    this.#sessions.set(session._id, session);
  }

  #dropOldest(): void {
    for (const oldest of this.#sessions.keys()) {
      this.#sessions.delete(oldest);
      return;
    }
  }
}
