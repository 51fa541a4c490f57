import type { MessageDocument } from '../../models/messageModel';

/** A message whose call has timed out by now is no longer waited for. */
const MAX_AGE_MS = 2_700;

/**
 * The messages that this process is storing, or has stored and not yet reported with `onStored`. Readers that deliver messages stop
 * before them, so that a message is not delivered before it is acknowledged.
 */
export class UnreportedMessages {
  /** Ids of messages with the time of their first insert, by the id of the session. */
  private readonly sessions = new Map<string, Map<string, number>>();

  add(messages: readonly MessageDocument[]): void {
    const now = performance.now();
    for (const { _id, sessionId } of messages) {
      const ids = this.sessions.get(sessionId) ?? new Map<string, number>();
      this.sessions.set(sessionId, ids);
      if (!ids.has(_id)) ids.set(_id, now);
    }
  }

  /** All messages of the session are reported, or have failed. */
  clear(sessionId: string): void {
    this.sessions.delete(sessionId);
  }

  has({ _id, sessionId }: Pick<MessageDocument, '_id' | 'sessionId'>): boolean {
    const since = this.sessions.get(sessionId)?.get(_id);
    return since !== undefined && performance.now() - since < MAX_AGE_MS;
  }

  /** True if the session has such a message. */
  hasAny(sessionId: string): boolean {
    const ids = this.sessions.get(sessionId)?.keys() ?? [];
    return [...ids].some((_id) => this.has({ _id, sessionId }));
  }
}
