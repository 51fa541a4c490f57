import type { DatabaseConfig } from '../../src/config/database';
import { openDatabaseFile } from '../../src/stores/sqlite/driver';

/** Takes the table of sessions from a SQLite database, so that whatever needs it fails in a way that nobody foresaw. */
export function breakSessions(database: DatabaseConfig): void {
  const raw = openDatabaseFile(database.kind === 'sqlite' ? database.path : '', 2_000);
  raw.exec('ALTER TABLE sessions RENAME TO old_sessions');
  raw.close();
}
