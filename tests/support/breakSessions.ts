import type { DatabaseConfig } from '../../src/config/database';
import { openDatabaseFile } from '../../src/stores/sqlite/driver';

/** Renames the table of sessions in a SQLite database, so that operations on it fail with an unexpected error. */
export function breakSessions(database: DatabaseConfig): void {
  const raw = openDatabaseFile(database.kind === 'sqlite' ? database.path : '', 2_000);
  raw.exec('ALTER TABLE sessions RENAME TO old_sessions');
  raw.close();
}
