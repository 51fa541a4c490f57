import type { OutgoingMessage } from './chatClient';
import type { StoredValue } from './storage';

/** The outbox as it is kept, of one user. */
export interface KeptOutbox {
  userId: string;
  messages: OutgoingMessage[];
}

export function isKeptOutbox(value: object): value is KeptOutbox {
  if (!('userId' in value && 'messages' in value && Array.isArray(value.messages))) return false;
  return value.messages.every(isOutgoing);
}

function isOutgoing(value: unknown): value is OutgoingMessage {
  if (typeof value !== 'object' || value === null) return false;
  const fields: Partial<Record<keyof OutgoingMessage, unknown>> = value;
  const texts = [fields.sessionId, fields.clientMessageId, fields.content];
  return (
    texts.every((text) => typeof text === 'string') && !Number.isNaN(Date.parse(String(fields.createdAt)))
  );
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

  /** Keeps a message of this user no longer; what is another user's stays as it is. Throws what the storage throws. */
  remove(userId: string, message: OutgoingMessage): void {
    if (this.read(userId).length > 0) this.write(userId, [], [message]);
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
