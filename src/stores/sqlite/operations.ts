import type { Message } from '../../domain/message';
import type { NewReply, Operation, Arguments as PlainArguments, Results as PlainResults } from '../chatStore';
import type { SqliteDatabase } from './driver';
import type { AppendedExchange, ExchangeFields } from './exchange';
import { createLoginOperations, createLoginTable } from './logins';
import { createMessageOperations } from './messages';
import { createSessionOperations } from './sessions';
import { SessionWriteCache } from './sessionWriteCache';
import { createUserOperations } from './users';

export type { Operation } from '../chatStore';

/** The arguments of the operations as they travel to the thread: without callbacks, and with exchanges as flat lists. */
export type Arguments = PlainArguments & { appendExchange: ExchangeFields; appendReply: [reply: NewReply] };
export type Results = PlainResults & { appendExchange: AppendedExchange | null; appendReply: Message | null };

/** The operations of a `ChatStore`, run synchronously in the thread. An operation that throws a `ChatError` has written nothing. */
export type SyncOperations = { [K in Operation]: (...args: Arguments[K]) => Results[K] };

/** The operations on an open database, and the changes to sessions that appends have made in memory only. */
export interface OpenOperations {
  operations: SyncOperations;
  sessionCache: SessionWriteCache;
}

/** Prepares the statements of all operations. */
export function createOperations(database: SqliteDatabase): OpenOperations {
  const sessionCache = new SessionWriteCache(database);
  const logins = createLoginTable(database);
  const ping = database.prepare('SELECT count(*) FROM sqlite_schema');
  const operations = {
    ping: () => void ping.get(),
    ...createUserOperations(database, logins),
    ...createLoginOperations(database, logins),
    ...createSessionOperations(database),
    ...createMessageOperations(database, sessionCache),
  };
  return { operations, sessionCache };
}
