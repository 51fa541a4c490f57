import type { Session } from '../domain/session';
import type { StoredMessages } from '../services/publisher';
import type { FleetStore, SessionPosition } from '../stores/fleetStore';
import { type FeedElement, SessionFeed } from './feed';
import type { Devices, JoinedSession } from './fleet';

/** Messages in one read. */
const TAIL_LENGTH = 100;
/** Sessions in one query of the position check. */
const POSITIONS_PER_QUERY = 1_000;
/** How often a join starts over because its session was deleted meanwhile. */
const MAX_ATTEMPTS = 3;

type Store = Pick<FleetStore, 'findPosition' | 'findPositions' | 'readTail'>;

/**
 * The feeds of all sessions that have sockets on this node. While no other node uses the database, messages pass through without any
 * feed, because the store reports them in order.
 */
export class Feeds {
  private readonly feeds = new Map<string, SessionFeed>();
  private readonly joined = new Map<string, JoinedSession>();
  private active = false;

  constructor(
    private readonly store: Store,
    private readonly devices: Devices,
  ) {
    devices.watchSessions({
      opened: (session) => this.active && this.open(session),
      closed: (session) => this.close(session),
    });
  }

  /** False while messages pass through. */
  get isActive(): boolean {
    return this.active;
  }

  /** Call it before another node writes its first message. From then on every session with sockets has a feed. */
  activate(): void {
    if (this.active) return;
    this.active = true;
    for (const session of this.devices.joinedSessions()) this.open(session);
  }

  /** Delivers messages that this node has stored, and their acknowledgement, when their turn comes. */
  stored(stored: StoredMessages): void {
    const { session, sessionKey, messages, exceptSocket, acknowledge } = stored;
    const elements = messages.map((message, index) => ({
      message,
      ...(message.sender === 'user' && { exceptSocket }),
      ...(index === 0 && { acknowledge }),
    }));
    const feed = this.feeds.get(idOf(joinedIn(session)));
    // The session was recreated with the same id: its sockets are those of the deleted one.
    const isOtherKey = feed !== undefined && feed.currentKey !== null && feed.currentKey !== sessionKey;
    if (isOtherKey) feed.end();
    if (feed && sessionKey !== undefined && !isOtherKey) feed.stored(sessionKey, elements);
    else this.passThrough(stored, elements);
  }

  /** Another node may have stored messages up to `seq`. */
  hint(session: JoinedSession, key: string, seq: number): void {
    this.feeds.get(idOf(session))?.hint(key, seq);
  }

  /**
   * Delivers what is in the database to the session's sockets. Resolves with the last `seq` delivered, at least `lastSeq`; undefined if
   * messages pass through. `join` lets the socket in again, in case the session is deleted and recreated meanwhile.
   */
  catchUp(session: JoinedSession, lastSeq: number, join: () => void): Promise<number> | undefined {
    const feed = this.feeds.get(idOf(session));
    return feed && this.catchUpWith(feed, session, lastSeq, join);
  }

  /** The `key` of the session that is delivered; null if it is unknown. */
  keyOf(session: JoinedSession): string | null {
    return this.feeds.get(idOf(session))?.currentKey ?? null;
  }

  private async catchUpWith(
    first: SessionFeed,
    session: JoinedSession,
    lastSeq: number,
    join: () => void,
  ): Promise<number> {
    let feed: SessionFeed | undefined = first;
    for (let attempt = 0; feed && attempt < MAX_ATTEMPTS; attempt += 1) {
      const reached = await feed.catchUp(lastSeq);
      if (!feed.isClosed) return reached;
      join();
      feed = this.feeds.get(idOf(session));
    }
    return lastSeq;
  }

  /** The sessions of these users, or all of them. */
  sessionsOf(isIncluded: (userId: string) => boolean = () => true): JoinedSession[] {
    return [...this.joined.values()].filter(({ userId }) => isIncluded(userId));
  }

  /** Compares these sessions with the database, and delivers what is missing. Rejects as the store does. */
  async check(sessions: readonly JoinedSession[]): Promise<void> {
    for (let start = 0; start < sessions.length; start += POSITIONS_PER_QUERY) {
      const slice = sessions.slice(start, start + POSITIONS_PER_QUERY);
      const positions = await this.store.findPositions(slice.map(({ sessionId }) => sessionId));
      const reads = slice.map((session) => this.observe(session, positions.get(session.sessionId)));
      await Promise.all(reads);
    }
  }

  /** Compares the session with a position that was just read; undefined if it can't be compared now. */
  async observe(session: JoinedSession, found: SessionPosition | null | undefined): Promise<void> {
    if (found === undefined) return;
    const isOwn = found?.userId === session.userId;
    await this.feeds.get(idOf(session))?.observe(isOwn ? found : null);
  }

  private passThrough(stored: StoredMessages, elements: readonly FeedElement[]): void {
    const joined = joinedIn(stored.session);
    for (const { message, exceptSocket, acknowledge } of elements) {
      acknowledge?.();
      this.devices.deliver(joined, message, exceptSocket);
    }
    const last = stored.messages.at(-1);
    // The acknowledgement may have been the first to let a socket in.
    if (last && stored.sessionKey !== undefined) {
      this.feeds.get(idOf(joined))?.beginAfter(stored.sessionKey, last.seq);
    }
  }

  private open(session: JoinedSession): void {
    const { userId, sessionId } = session;
    const feed = new SessionFeed(
      {
        position: () => this.store.findPosition(userId, sessionId),
        tail: (after) => this.store.readTail(userId, sessionId, after, TAIL_LENGTH),
      },
      {
        deliver: (message, exceptSocket) => this.devices.deliver(session, message, exceptSocket),
        gone: (last, lastSeq) =>
          this.devices.sessionGone({
            ...{ id: sessionId, userId, name: null, lastSeq },
            createdAt: last?.createdAt ?? new Date(0).toISOString(),
            lastMessageAt: last?.lastMessageAt ?? null,
          }),
      },
    );
    this.feeds.set(idOf(session), feed);
    this.joined.set(idOf(session), session);
  }

  private close(session: JoinedSession): void {
    const id = idOf(session);
    this.feeds.get(id)?.close();
    this.feeds.delete(id);
    this.joined.delete(id);
  }
}

function joinedIn({ id, userId }: Session): JoinedSession {
  return { userId, sessionId: id };
}

function idOf({ userId, sessionId }: JoinedSession): string {
  return `${userId}:${sessionId}`;
}
