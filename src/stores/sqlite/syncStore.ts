import type { ChatStore } from '../chatStore';
import { accountsOf } from './accounts';
import type { SqliteDatabase } from './driver';
import { messagesOf } from './messages';
import { sessionsOf } from './sessions';

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
  'listSessions',
  'findSession',
  'readMessages',
  'findUnanswered',
]);

export function syncStoreOf(database: SqliteDatabase): SyncStore {
  const ping = database.prepare('SELECT count(*) FROM sqlite_schema');
  return {
    ping: () => void ping.get(),
    ...accountsOf(database),
    ...sessionsOf(database),
    ...messagesOf(database),
  };
}
