import type { DraftTarget, MessageStore, UnansweredMessage } from '../../stores/chatStore';
import type { Logger } from '../../utils/logger';

/** How many replies are made concurrently. */
export interface ReplyLimits {
  total: number;
  perUser: number;
  /** One at a time in a session, in the order of `seq`, so that each reply can refer to the one before. */
  isInTurn: boolean;
}

/** Knows the other processes on the database that make replies. */
export interface ReplyPeers {
  /** Identifies this process among the owners of drafts. It changes when others have taken this process for dead. */
  owner(): string;
  /** False while this is the only process. */
  isShared(): boolean;
  /** Throws `UNAVAILABLE` while the other processes may take this one for dead, and make its replies: it must not claim or store any. */
  assertAlive(): void;
  /** Tells the owner of the draft to look whether it must stop. */
  hintStop(target: DraftTarget): void;
}

/** How many unanswered messages are read at once. */
const SWEEP_PAGE_LENGTH = 100;
/** A reply is reported before its message counts as answered, so the next turn is checked several times, at growing intervals. */
const MAX_CHECKS = 5;
const FIRST_CHECK_MS = 30;
/** How long after a failure the unanswered messages are searched again, in milliseconds. */
export const RETRY_MS = 5_000;

export interface BacklogDependencies {
  store: Pick<MessageStore, 'findUnanswered'>;
  logger: Logger;
  limits: ReplyLimits;
  /** Identifies this process among those that make replies. */
  owner(): string;
  /** True if other processes may answer messages that this one finds. */
  isShared(): boolean;
  /** Messages can be taken. */
  onReady(): void;
  /** Overrides `RETRY_MS` in tests. */
  retryMs?: number | undefined;
}

/**
 * The messages that wait for a reply. The database records which ones are unanswered, so they survive a crash; the first of them wait in
 * memory.
 */
export class Backlog {
  private readonly queue: ReplyQueue;
  private sweep: Promise<void> | null = null;
  private nextSweep: NodeJS.Timeout | null = null;
  private isStopping = false;
  /** The messages that the last sweep has found. */
  private found = new Set<string>();
  /** The users with messages that wait in the database only. Later ones must wait there too, or they would be answered first. */
  private behind = new Set<string>();
  /** This may be so for any user. */
  private isAnyoneBehind = true;
  /** It may be so again, which the search in progress does not find out. */
  private isSearchDue = false;
  /** Called when a reply has ended. */
  private onRoom: (() => void) | null = null;
  /** By session, the messages whose turn comes after a reply that another process makes. */
  private readonly postponed = new Map<string, UnansweredMessage[]>();
  /** Sessions that have just got a reply, and how often the turn of the next message was checked since. */
  private readonly checks = new Map<string, number>();

  constructor(private readonly dependencies: BacklogDependencies) {
    this.queue = new ReplyQueue(dependencies.limits);
  }

  /** Adds a message that was just stored. */
  add(unanswered: UnansweredMessage): void {
    const { userId, message } = unanswered;
    const others = this.postponed.get(message.sessionId);
    if (others && others.length < MAX_WAITING_PER_USER) {
      others.push(unanswered);
      return;
    }
    const mustWait = this.dependencies.limits.isInTurn && (this.isAnyoneBehind || this.behind.has(userId));
    // If it must wait, the sweep in progress may already have passed the place of this message.
    if (!mustWait && this.queue.offer(unanswered)) this.dependencies.onReady();
    else this.behind.add(userId);
  }

  /** The next message that may be answered now, or null. The caller must call `done` with it. */
  take(): UnansweredMessage | null {
    return this.isStopping ? null : this.queue.take();
  }

  done(unanswered: UnansweredMessage): void {
    this.queue.done(unanswered);
    const { sessionId } = unanswered.message;
    if (!this.postponed.has(sessionId)) this.checks.delete(sessionId);
    this.onRoom?.();
    this.dependencies.onReady();
    this.catchUp();
  }

  /** Removes messages that wait in memory. */
  remove(isRemoved: (unanswered: UnansweredMessage) => boolean): void {
    this.queue.remove(isRemoved);
    for (const [sessionId, waiting] of this.postponed) {
      const kept = waiting.filter((each) => !isRemoved(each));
      if (kept.length > 0) this.postponed.set(sessionId, kept);
      else this.postponed.delete(sessionId);
    }
    this.catchUp();
  }

  /** Another process makes an earlier reply of the session: waits until it is reported, or until the next search. */
  postpone(unanswered: UnansweredMessage): void {
    const { sessionId } = unanswered.message;
    const waiting = [unanswered];
    this.queue.remove((each) => {
      const isLater = each.message.sessionId === sessionId;
      if (isLater) waiting.push(each);
      return isLater;
    });
    this.postponed.set(sessionId, waiting);
    const checks = this.checks.get(sessionId) ?? MAX_CHECKS;
    if (checks < MAX_CHECKS) {
      this.checks.set(sessionId, checks + 1);
      setTimeout(() => this.offerPostponed(sessionId), FIRST_CHECK_MS * 2 ** checks).unref();
    } else {
      this.checks.delete(sessionId);
      this.schedule();
    }
  }

  /** The session has got a reply, so it may be the turn of the next one. */
  resume(sessionId: string): void {
    if (this.postponed.has(sessionId) || this.queue.isRunning(sessionId)) this.checks.set(sessionId, 0);
    this.offerPostponed(sessionId);
  }

  private offerPostponed(sessionId: string): void {
    const waiting = this.postponed.get(sessionId);
    if (!waiting) return;
    this.postponed.delete(sessionId);
    for (const unanswered of waiting) {
      if (!this.queue.offer(unanswered)) this.behind.add(unanswered.userId);
    }
    this.dependencies.onReady();
  }

  /** Searches the database some seconds later. */
  scheduleSweep(): void {
    this.isAnyoneBehind = true;
    this.isSearchDue = true;
    this.schedule();
  }

  sweepNow(): void {
    if (!this.isStopping && !this.sweep) this.startSweep();
  }

  /** Resolves when no search is in progress any more. */
  async stop(): Promise<void> {
    this.isStopping = true;
    this.onRoom?.();
    if (this.nextSweep) clearTimeout(this.nextSweep);
    await this.sweep;
  }

  private schedule(): void {
    if (this.isStopping) return;
    const { retryMs = RETRY_MS } = this.dependencies;
    this.nextSweep ??= setTimeout(() => this.startSweep(), retryMs).unref();
  }

  private startSweep(): void {
    if (this.nextSweep) clearTimeout(this.nextSweep);
    this.nextSweep = null;
    // A sweep in progress may already have passed the messages that this one is for.
    if (this.sweep !== null) {
      this.schedule();
      return;
    }
    this.sweep = this.queueAll()
      .catch((error: unknown) => {
        this.dependencies.logger.warn(
          { err: error },
          'search for unanswered messages failed; it will be tried again',
        );
        this.scheduleSweep();
      })
      .finally(() => {
        this.sweep = null;
        for (const sessionId of [...this.postponed.keys()]) this.offerPostponed(sessionId);
        this.catchUp();
      });
  }

  /** Queues the messages that wait in the database, oldest first, as far as there is room. */
  private async queueAll(): Promise<void> {
    const { store, owner, onReady } = this.dependencies;
    this.isAnyoneBehind = true;
    this.isSearchDue = false;
    this.behind = new Set();
    const full = new Set<string>();
    const before = this.found;
    this.found = new Set();
    for (let after: string | undefined; !this.isStopping; ) {
      const page = await store.findUnanswered(SWEEP_PAGE_LENGTH, after, owner());
      for (const unanswered of page) await this.queueFound(unanswered, before, full);
      onReady();
      after = page.at(-1)?.message.messageId;
      if (after === undefined) break;
    }
    this.isAnyoneBehind = this.isSearchDue;
    // Some have sent messages meanwhile, which this search may have missed.
    this.behind = new Set([...this.behind, ...full]);
  }

  /** Adds to `full` the users whose messages have no room. `before` are the messages that the sweep before has found. */
  private async queueFound(
    unanswered: UnansweredMessage,
    before: ReadonlySet<string>,
    full: Set<string>,
  ): Promise<void> {
    const { limits, isShared, onReady } = this.dependencies;
    const { userId, message } = unanswered;
    this.found.add(message.messageId);
    // One that is new may be another process's, which has yet to claim it.
    if (isShared() && !before.has(message.messageId)) return;
    if (full.has(userId)) return;
    while (!this.queue.offer(unanswered)) {
      if (limits.isInTurn) {
        full.add(userId);
        return;
      }
      // Without an order no message can overtake another, so the search continues from here.
      onReady();
      if (this.isStopping) return;
      if (this.queue.isFull()) await this.room();
    }
  }

  private async room(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.onRoom = resolve;
    });
    this.onRoom = null;
  }

  /** Searches again if a user has messages in the database and none in the queue. */
  private catchUp(): void {
    if (this.sweep || this.nextSweep || this.isStopping) return;
    if ([...this.behind].some((userId) => !this.queue.hasWaiting(userId))) this.startSweep();
  }
}

/** How many messages of a user wait in memory. More of them wait in the database. */
const MAX_WAITING_PER_USER = 20;

/** The messages that wait in memory for a reply, and those whose reply is being made. */
export class ReplyQueue {
  /** By user, in the order in which they get their turn. */
  private readonly waiting = new Map<string, UnansweredMessage[]>();
  private readonly running = new Map<string, UnansweredMessage>();

  constructor(private readonly limits: ReplyLimits) {}

  /** Adds a message unless it is there already. False if too many of its user wait; then it must be offered again. */
  offer(added: UnansweredMessage): boolean {
    const { userId, message } = added;
    if (this.running.has(message.messageId)) return true;
    const waiting = this.waiting.get(userId) ?? [];
    if (waiting.some((each) => each.message.messageId === message.messageId)) return true;
    if (waiting.length >= MAX_WAITING_PER_USER) return false;
    this.waiting.set(userId, [...waiting, added]);
    return true;
  }

  /** Takes the next message that may be answered now, or null. The caller must call `done` with it. */
  take(): UnansweredMessage | null {
    if (this.isFull()) return null;
    const running = [...this.running.values()];
    const isFree = ({ message }: UnansweredMessage) =>
      !this.limits.isInTurn || !running.some((each) => each.message.sessionId === message.sessionId);
    for (const [userId, waiting] of this.waiting) {
      if (running.filter((each) => each.userId === userId).length >= this.limits.perUser) continue;
      const next = waiting.find(isFree);
      if (!next) continue;
      // Deleted first, so that the user gets behind the others.
      this.waiting.delete(userId);
      this.setWaiting(
        userId,
        waiting.filter((each) => each !== next),
      );
      this.running.set(next.message.messageId, next);
      return next;
    }
    return null;
  }

  done({ message }: UnansweredMessage): void {
    this.running.delete(message.messageId);
  }

  /** True if a reply of the session is being made. */
  isRunning(sessionId: string): boolean {
    return [...this.running.values()].some(({ message }) => message.sessionId === sessionId);
  }

  /** True if no more replies may be made at present. */
  isFull(): boolean {
    return this.running.size >= this.limits.total;
  }

  hasWaiting(userId: string): boolean {
    return this.waiting.has(userId);
  }

  /** Removes messages that wait. */
  remove(isRemoved: (unanswered: UnansweredMessage) => boolean): void {
    for (const [userId, waiting] of this.waiting) {
      this.setWaiting(
        userId,
        waiting.filter((each) => !isRemoved(each)),
      );
    }
  }

  private setWaiting(userId: string, waiting: UnansweredMessage[]): void {
    if (waiting.length > 0) this.waiting.set(userId, waiting);
    else this.waiting.delete(userId);
  }
}
