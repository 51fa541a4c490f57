import type { SqliteDatabase } from './driver';
import { createLoginOperations, createLoginTable } from './logins';
import { createMessageOperations } from './messages';
import type { SyncOperations } from './protocol';
import { createSessionOperations } from './sessions';
import { SessionWriteCache } from './sessionWriteCache';
import { createUserOperations } from './users';

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
