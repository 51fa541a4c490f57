import type { ChatStore, NewReply } from '../chatStore';
import { AppendedSessions } from './appendedSessions';
import type { SqliteDatabase } from './driver';
import type { AppendedExchange, ExchangeFields } from './exchange';
import { loginRowsOf, loginsOf } from './logins';
import { messagesOf } from './messages';
import { sessionsOf } from './sessions';
import { usersOf } from './users';

/** What a `ChatStore` can be asked. */
export type Operation = Exclude<keyof ChatStore, 'close'>;
export type Arguments = Omit<
  { [K in Operation]: Parameters<ChatStore[K]> },
  'appendExchange' | 'appendReply'
> & {
  appendExchange: ExchangeFields;
  appendReply: [NewReply];
};
export type Results = Omit<{ [K in Operation]: Awaited<ReturnType<ChatStore[K]>> }, 'appendExchange'> & {
  appendExchange: AppendedExchange | null;
};

/**
 * A `ChatStore` whose answers don't have to be waited for, because it runs in the thread of the database. An operation that
 * throws a `ChatError` has written nothing.
 */
export type SyncStore = { [K in Operation]: (...args: Arguments[K]) => Results[K] };

/** Operations that write nothing; all others need a transaction. */
export const READS: ReadonlySet<Operation> = new Set<Operation>([
  'ping',
  'findUser',
  'findUserByEmail',
  'findLogin',
  'listLogins',
  'findEndedLogins',
  'listSessions',
  'findSession',
  'readMessages',
  'findUnanswered',
]);

/** Operations that only add messages, so that what they change in sessions can be written once for all of them. */
export const APPENDS: ReadonlySet<Operation> = new Set<Operation>(['appendExchange', 'appendReply']);

/** The operations, and the sessions that those that append have changed in memory alone. */
export interface OpenStore {
  operations: SyncStore;
  appended: AppendedSessions;
}

export function syncStoreOf(database: SqliteDatabase): OpenStore {
  const appended = new AppendedSessions(database);
  const logins = loginRowsOf(database);
  const ping = database.prepare('SELECT count(*) FROM sqlite_schema');
  const operations = {
    ping: () => void ping.get(),
    ...usersOf(database, logins),
    ...loginsOf(database, logins),
    ...sessionsOf(database),
    ...messagesOf(database, appended),
  };
  return { operations, appended };
}
