import type { DatabaseConfig } from '../config/database';
import type { ChatStore } from './chatStore';
import { openMongoStore } from './mongoStore';
import { openSqliteStore } from './sqliteStore';

/** Opens the database that `DATABASE_URL` names, with the newest schema. Rejects with `UNAVAILABLE` if it can't be reached. */
export function openStore(database: DatabaseConfig): Promise<ChatStore> {
  return database.kind === 'sqlite' ? openSqliteStore(database.path) : openMongoStore(database.url);
}
