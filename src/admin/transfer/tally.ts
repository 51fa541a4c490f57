import { HashSum } from './hashSum';
import type { ChatRecords, Counts, Kind } from './records';

/** What a store holds, in figures: equal for two stores that hold the same, whatever databases they are on. */
export interface Holdings extends Counts {
  /** User messages that no message replies to. */
  unanswered: number;
  /** Of every field of every record, in 64 hexadecimal digits. */
  checksum: string;
}

/** The fields of a record in a fixed order: what the checksum is made of. */
const FIELDS: { readonly [K in Kind]: (record: ChatRecords[K]) => unknown[] } = {
  users: (user) => [user.id, user.username, user.email, user.passwordHash, user.createdAt, user.updatedAt],
  logins: (login) => [
    login.id,
    login.userId,
    login.createdAt,
    login.lastUsedAt,
    login.expiresAt,
    login.userAgent,
    login.ip,
    login.generation,
  ],
  sessions: (session) => [
    session.id,
    session.userId,
    session.name,
    session.createdAt,
    session.lastMessageAt,
    session.lastSeq,
  ],
  messages: (message) => [
    message.messageId,
    message.sessionId,
    message.seq,
    message.sender,
    message.content,
    message.timestamp,
    message.clientMessageId,
    message.replyTo,
  ],
};

/** What a record does to the number of unanswered messages. */
const OWED: { readonly [K in Kind]: (record: ChatRecords[K]) => number } = {
  users: () => 0,
  logins: () => 0,
  sessions: () => 0,
  messages: ({ sender, replyTo }) => (sender === 'user' ? 1 : replyTo === undefined ? 0 : -1),
};

/** Counts records, and sums up what is in them. */
export class Tally {
  private readonly counts: Counts = { users: 0, logins: 0, sessions: 0, messages: 0 };
  private readonly sum = new HashSum();
  private unanswered = 0;

  add<K extends Kind>(kind: K, records: readonly ChatRecords[K][]): void {
    for (const record of records) {
      // Text that is not there comes out as null, as in a list of JSON everything does that is undefined.
      this.sum.add(JSON.stringify([kind, ...FIELDS[kind](record)]));
      this.unanswered += OWED[kind](record);
    }
    this.counts[kind] += records.length;
  }

  holdings(): Holdings {
    return { ...this.counts, unanswered: this.unanswered, checksum: this.sum.toString() };
  }
}

const FIGURES = ['users', 'logins', 'sessions', 'messages', 'unanswered', 'checksum'] as const;

export function isSame(one: Holdings, other: Holdings): boolean {
  return differences(one, other).length === 0;
}

/** What is otherwise than expected, one text for each figure. */
export function differences(expected: Holdings, found: Holdings): string[] {
  const wrong = FIGURES.filter((name) => expected[name] !== found[name]);
  return wrong.map((name) => `${name} ${found[name]} instead of ${expected[name]}`);
}
