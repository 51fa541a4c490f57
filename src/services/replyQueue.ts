import type { UnansweredMessage } from '../stores/chatStore';

/** How many replies are made concurrently. */
export interface ReplyLimits {
  total: number;
  perUser: number;
}

/** How many messages of a user wait in memory. More of them wait in the database. */
const MAX_WAITING_PER_USER = 20;

/**
 * The messages that wait for a streamed reply, and those whose reply is being made: one at a time in a session, in the order of `seq`, so
 * that each reply can refer to the one before.
 */
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
    if (this.running.size >= this.limits.total) return null;
    const running = [...this.running.values()];
    for (const [userId, waiting] of this.waiting) {
      if (running.filter((each) => each.userId === userId).length >= this.limits.perUser) continue;
      const next = waiting.find(
        ({ message }) => !running.some((each) => each.message.sessionId === message.sessionId),
      );
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
