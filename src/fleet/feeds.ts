import type { Session, SessionState } from '../domain/session';
import type { StoredMessages } from '../services/publisher';
import type { FleetStore, SessionPosition } from '../stores/fleetStore';
import { type FeedElement, type ReadReason, SessionFeed } from './feed';
import type { Devices, JoinedSession } from './fleet';

/** Messages in one read. */
const TAIL_LENGTH = 100;
/** Sessions in one query of the position check. */
const POSITIONS_PER_QUERY = 1_000;
/** The largest number of positions that a node looks up in a second, so that rounds of many sessions don't load the database. */
const POSITIONS_PER_SECOND = 10_000;
/** How long a hint may come after the position check has found what it announces. */
const HINT_DELAY_MS = 1_000;
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
  /** How often sessions were read, by reason. */
  readonly reads: Record<ReadReason, number> = { join: 0, hint: 0, check: 0, gap: 0, retry: 0 };
  private unhinted = 0;

  /** `expectsHint` is true while hints for the user's sessions arrive from all nodes. */
  constructor(
    private readonly store: Store,
    private readonly devices: Devices,
    private readonly expectsHint: (userId: string) => boolean,
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

  /** How many gaps the position check has found that no hint had named a second later, although hints arrived. Should stay 0. */
  get unhintedGaps(): number {
    return this.unhinted;
  }

  /** True if sockets of this node are in the session, and it has a feed. */
  isJoined(session: JoinedSession): boolean {
    return this.feeds.has(idOf(session));
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
      await this.checkSlice(sessions.slice(start, start + POSITIONS_PER_QUERY));
    }
  }

  /** Like `check`, of sessions for one query. */
  async checkSlice(sessions: readonly JoinedSession[]): Promise<void> {
    const joined = sessions.filter((session) => this.joined.has(idOf(session)));
    if (joined.length === 0) return;
    const positions = await this.store.findPositions(joined.map(({ sessionId }) => sessionId));
    const reads = joined.map((session) => {
      const position = positions.get(session.sessionId);
      if (position) this.expectHint(session, position.lastSeq);
      return this.observe(session, position);
    });
    await Promise.all(reads);
  }

  /** Counts the gap if no hint names it in time. */
  private expectHint(session: JoinedSession, lastSeq: number): void {
    const feed = this.feeds.get(idOf(session));
    if (!feed?.isUnannounced(lastSeq) || !this.expectsHint(session.userId)) return;
    setTimeout(() => {
      if (feed.isUnannounced(lastSeq) && this.expectsHint(session.userId)) this.unhinted += 1;
    }, HINT_DELAY_MS).unref();
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
        position: () => {
          this.reads.join += 1;
          return this.store.findPosition(userId, sessionId);
        },
        tail: (after, reason) => {
          this.reads[reason] += 1;
          return this.store.readTail(userId, sessionId, after, TAIL_LENGTH);
        },
      },
      {
        deliver: (message, exceptSocket) => this.devices.deliver(session, message, exceptSocket),
        gone: (last, lastSeq) =>
          this.devices.sessionGone(
            deletedSession({
              ...{ id: sessionId, userId, lastSeq },
              createdAt: last?.createdAt ?? new Date(0).toISOString(),
              lastMessageAt: last?.lastMessageAt ?? null,
            }),
          ),
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

/** What is known of a session that another node has deleted. */
export function deletedSession(
  known: Pick<Session, 'id' | 'userId' | 'createdAt' | 'lastMessageAt' | 'lastSeq'>,
): Session {
  return { name: null, readSeq: known.lastSeq, pinned: false, archived: false, preview: null, ...known };
}

function joinedIn({ id, userId }: SessionState): JoinedSession {
  return { userId, sessionId: id };
}

function idOf({ userId, sessionId }: JoinedSession): string {
  return `${userId}:${sessionId}`;
}

/** What a position check needs. Replaced by its tests. */
export interface PositionCheckOptions {
  /** Checks sessions for one query. Rejects as the store does. */
  checkSlice(sessions: readonly JoinedSession[]): Promise<void>;
  perQuery?: number;
  perSecond?: number;
}

/**
 * Checks the positions of sessions in slices, so that a node looks up at most 10,000 of them a second. A round of more sessions takes
 * longer, and rounds that would begin meanwhile are left out.
 */
export class PositionCheck {
  private readonly urgent = new Map<string, JoinedSession>();
  private readonly round = new Map<string, JoinedSession>();
  private running: Promise<void> | null = null;
  private isStopped = false;
  /** When the last complete round began, and how long after the one before. */
  private lastRoundAt = performance.now();
  private lastIntervalMs = 0;
  private roundAt = 0;

  constructor(private readonly options: PositionCheckOptions) {}

  /** How old the position of a session is at most, in seconds: the time between rounds, or since the last one that is complete. */
  get lagSeconds(): number {
    return Math.max(this.lastIntervalMs, performance.now() - this.lastRoundAt) / 1000;
  }

  /** Checks these sessions before all others. */
  checkFirst(sessions: readonly JoinedSession[]): void {
    for (const session of sessions) this.urgent.set(idOf(session), session);
    this.start(0);
  }

  /** Checks all sessions, beginning within `jitterMs`, unless the last round is not complete. */
  startRound(sessions: readonly JoinedSession[], jitterMs: number): void {
    if (this.round.size > 0) return;
    this.roundAt = performance.now();
    for (const session of sessions) this.round.set(idOf(session), session);
    if (sessions.length === 0) this.completeRound();
    else this.start(Math.random() * jitterMs);
  }

  stop(): void {
    this.isStopped = true;
  }

  private start(delayMs: number): void {
    this.running ??= this.run(delayMs).finally(() => {
      this.running = null;
    });
  }

  private async run(delayMs: number): Promise<void> {
    const { checkSlice, perSecond = POSITIONS_PER_SECOND } = this.options;
    await pause(delayMs);
    while (!this.isStopped && this.urgent.size + this.round.size > 0) {
      const startedAt = performance.now();
      const slice = this.takeSlice();
      // Every store logs its failures, and the next round checks again.
      await checkSlice(slice).catch(() => {});
      // With jitter, so that the nodes don't fall into step.
      const slotMs = (slice.length / perSecond) * 1000 * (1 + Math.random() / 4);
      await pause(startedAt + slotMs - performance.now());
    }
  }

  private takeSlice(): JoinedSession[] {
    const from = this.urgent.size > 0 ? this.urgent : this.round;
    const slice: JoinedSession[] = [];
    for (const [id, session] of from) {
      if (slice.length >= (this.options.perQuery ?? POSITIONS_PER_QUERY)) break;
      slice.push(session);
      from.delete(id);
    }
    if (from === this.round && this.round.size === 0) this.completeRound();
    return slice;
  }

  private completeRound(): void {
    this.lastIntervalMs = this.roundAt - this.lastRoundAt;
    this.lastRoundAt = this.roundAt;
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, milliseconds)).unref());
}
