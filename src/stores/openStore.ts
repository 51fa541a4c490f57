import type { DatabaseConfig } from '../config/database';
import type { ChatStore } from './chatStore';
import { openMongoStore } from './mongoStore';
import type { OnCommit } from './sqlite/databaseThread';
import { openSqliteStore } from './sqliteStore';

/** Opens the database that `DATABASE_URL` names, with the newest schema. Rejects with `UNAVAILABLE` if it can't be reached. */
export function openStore(database: DatabaseConfig, onCommit?: OnCommit): Promise<ChatStore> {
  return database.kind === 'sqlite' ? openSqliteStore(database.path, onCommit) : openMongoStore(database.url);
}
