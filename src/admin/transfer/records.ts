import type { Login } from '../../domain/login';
import type { Message } from '../../domain/message';
import type { Session } from '../../domain/session';
import type { UserRecord } from '../../domain/user';

/**
 * All that a store keeps, in the one form in which every store can give and take it. What else a store keeps follows from
 * it: a message is unanswered until there is one that replies to it, a session is as active as its latest message.
 */
export interface ChatRecords {
  users: UserRecord;
  logins: Login;
  sessions: Session;
  messages: Message;
}

export type Kind = keyof ChatRecords;

/** In the order in which they can be written: each kind belongs to records of the ones before. */
export const KINDS = ['users', 'logins', 'sessions', 'messages'] as const satisfies readonly Kind[];

export type Counts = Record<Kind, number>;

/** The most records that are in memory at once. */
export const BATCH_RECORDS = 1_000;

export function sumOf(counts: Counts): number {
  return KINDS.reduce((sum, kind) => sum + counts[kind], 0);
}
