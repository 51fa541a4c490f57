import type { ChatStore } from '../chatStore';
import type { SqliteDatabase } from './driver';
import { loginRowsOf, loginsOf } from './logins';
import { messagesOf } from './messages';
import { sessionsOf } from './sessions';
import { usersOf } from './users';

/** What a `ChatStore` can be asked. */
export type Operation = Exclude<keyof ChatStore, 'close'>;
export type Arguments = { [K in Operation]: Parameters<ChatStore[K]> };
export type Results = { [K in Operation]: Awaited<ReturnType<ChatStore[K]>> };

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

export function syncStoreOf(database: SqliteDatabase): SyncStore {
  const logins = loginRowsOf(database);
  const ping = database.prepare('SELECT count(*) FROM sqlite_schema');
  return {
    ping: () => void ping.get(),
    ...usersOf(database, logins),
    ...loginsOf(database, logins),
    ...sessionsOf(database),
    ...messagesOf(database),
  };
}
