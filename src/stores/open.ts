import { type DatabaseConfig, mongoHosts } from '../config/database';
import { ChatError } from '../domain/errors';
import type { ChatStore } from './chatStore';
import { UnusableDatabase } from './databaseHealth';
import { openSqliteStore, type StoreEvents } from './sqlite/databaseThread';

/** Opens the database that `DATABASE_URL` names, with the newest schema. Rejects with `UNAVAILABLE` if it can't be reached. */
export function openStore(database: DatabaseConfig, events?: StoreEvents): Promise<ChatStore> {
  if (database.kind === 'sqlite') return openSqliteStore(database.path, events);
  // Loaded only here: Mongoose takes a good part of the time in which a server starts.
  const { openMongoStore }: typeof import('./mongo/store') = require('./mongo/store');
  return openMongoStore(database.url, events?.onSchemaChange);
}

/** Explains in one sentence why the database can't be opened and what to do; null for an unexpected error. */
export function openFailure(error: unknown, database: DatabaseConfig): string | null {
  if (error instanceof UnusableDatabase) return error.advice;
  if (!(error instanceof ChatError) || error.code !== 'UNAVAILABLE') return null;
  if (database.kind === 'sqlite') {
    return `The database file ${database.path} can't be opened: check that its folder exists, is writable and has free space, and that the file is a SQLite database.`;
  }
  return (
    `MongoDB does not respond at ${mongoHosts(database.url)}: start it, or correct DATABASE_URL. ` +
    'Without DATABASE_URL the server stores its data in SQLite, in sqlite://./data/chat.db.'
  );
}
