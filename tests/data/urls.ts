import type { DatabaseConfig } from '../../src/config/database';

/** The URL that names the database. */
export function urlOf(database: DatabaseConfig): string {
  return database.kind === 'sqlite' ? `sqlite://${database.path}` : database.url;
}
