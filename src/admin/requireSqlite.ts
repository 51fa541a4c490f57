import { type DatabaseConfig, databaseName } from '../config/database';
import { CommandFailure } from './command';

/** Returns the path of the SQLite file; for MongoDB, throws what to use instead. */
export function requireSqlite(database: DatabaseConfig, mongoTool: string): string {
  if (database.kind === 'sqlite') return database.path;
  throw new CommandFailure(
    `DATABASE_URL names ${databaseName(database)}, and this is for SQLite: use ${mongoTool}, or copy everything with ` +
      '"npm run db:copy -- FROM_URL TO_URL".',
  );
}
