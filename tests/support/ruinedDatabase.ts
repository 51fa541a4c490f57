import type { DatabaseConfig } from '../../src/config/database';
import { openDatabaseFile } from '../../src/stores/sqlite/driver';

/** Renames the tables of a running server, so that every operation fails with an unexpected error. */
export function ruinDatabase(database: DatabaseConfig): void {
  if (database.kind !== 'sqlite') throw new Error('Only a SQLite database can be ruined');
  const raw = openDatabaseFile(database.path, 2_000);
  const tables = raw
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .all();
  for (const { name } of tables) raw.exec(`ALTER TABLE "${name}" RENAME TO "old_${name}"`);
  raw.close();
}
