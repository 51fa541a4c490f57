import type { DatabaseConfig } from '../config/database';
import type { ChatStore } from './chatStore';
import type { OnCommit } from './sqlite/databaseThread';
import { openSqliteStore } from './sqlite/store';

/** Opens the database that `DATABASE_URL` names, with the newest schema. Rejects with `UNAVAILABLE` if it can't be reached. */
export function openStore(database: DatabaseConfig, onCommit?: OnCommit): Promise<ChatStore> {
  if (database.kind === 'sqlite') return openSqliteStore(database.path, onCommit);
  // Loaded only here: Mongoose takes a good part of the time in which a server starts.
  const { openMongoStore }: typeof import('./mongo/store') = require('./mongo/store');
  return openMongoStore(database.url);
}
