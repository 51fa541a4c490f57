import type { OutgoingMessage } from './chatClient';
import type { StoredValue } from './storage';

/** The outbox as it is kept, of one user. */
export interface KeptOutbox {
  userId: string;
  messages: OutgoingMessage[];
}

export function isKeptOutbox(value: object): value is KeptOutbox {
  return 'userId' in value && 'messages' in value && Array.isArray(value.messages);
}

/** What a user's pages have not sent yet. Several pages may change it; each puts back what is its own. */
export class OutboxStore {
  constructor(private readonly stored: StoredValue<KeptOutbox>) {}

  /** Oldest first; nothing of another user. */
  read(userId: string): readonly OutgoingMessage[] {
    const kept = this.stored.get();
    return kept?.userId === userId ? kept.messages : [];
  }

  /** Writes what is there without `gone`, and with all of `own`. Throws what the storage throws. */
  write(userId: string, own: readonly OutgoingMessage[], gone: readonly OutgoingMessage[] = []): void {
    const goneKeys = new Set(gone.map(keyOf));
    const messages = merge(this.read(userId), own).filter((message) => !goneKeys.has(keyOf(message)));
    if (messages.length > 0) this.stored.set({ userId, messages });
    else this.stored.remove();
  }
}

/** What a message is told by: clients may use the same id in two sessions. */
export function keyOf({ sessionId, clientMessageId }: OutgoingMessage): string {
  return `${sessionId} ${clientMessageId}`;
}

/** Both together, oldest first. */
export function merge(
  some: readonly OutgoingMessage[],
  others: readonly OutgoingMessage[],
): OutgoingMessage[] {
  const known = new Set(some.map(keyOf));
  return [...some, ...others.filter((message) => !known.has(keyOf(message)))].sort(byAge);
}

export function byAge(a: OutgoingMessage, b: OutgoingMessage): number {
  return Date.parse(a.createdAt) - Date.parse(b.createdAt);
}
