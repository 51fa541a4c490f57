import { resolve } from 'node:path';
import { type DatabaseConfig, databaseName, databaseUrl } from '../config/database';
import { InvalidValue } from '../config/values';
import { AdminError, type Report } from './command';
import { openSqliteSource, openSqliteTarget } from './sqliteTransfer';
import { describeSummary } from './summary';
import { type CopyResult, copyDatabase, type TransferSource, type TransferTarget } from './transfer';

/** Copies everything from one database to an empty one, of the same or another kind. */
export async function copy([from = '', to = '']: readonly string[], report: Report): Promise<string> {
  const source = parseUrl('FROM_URL', from);
  const target = parseUrl('TO_URL', to);
  if (isSameDatabase(source, target)) throw new AdminError('FROM_URL and TO_URL are the same database.');
  const startedAt = new Date();
  const { summary, hasChangedSince } = await openAndCopy(source, target, report);
  const warning = hasChangedSince
    ? `\nThe source was written to after the copy began at ${startedAt.toISOString()}. These changes are not in the copy: ` +
      'to move without a loss, stop the server, and copy to another new database.'
    : '';
  return (
    `${databaseName(target)} is a complete copy of ${databaseName(source)}, read back and compared:\n` +
    `${describeSummary(summary)}${warning}`
  );
}

async function openAndCopy(from: DatabaseConfig, to: DatabaseConfig, report: Report): Promise<CopyResult> {
  const source = await openSource(from);
  try {
    const target = await openTarget(to);
    return await copyDatabase(source, target, report).finally(() => target.close());
  } finally {
    await source.close();
  }
}

/** `isChecked`: the integrity of a SQLite file is checked first, which reads all of it. */
export function openSource(database: DatabaseConfig, options = { isChecked: true }): Promise<TransferSource> {
  if (database.kind === 'sqlite') return openSqliteSource(database.path, options);
  return loadMongoTransfer().openMongoSource(database.url);
}

function openTarget(database: DatabaseConfig): Promise<TransferTarget> {
  if (database.kind === 'sqlite') return openSqliteTarget(database.path);
  return loadMongoTransfer().openMongoTarget(database.url);
}

/** Loads Mongoose only if one of the databases needs it. */
function loadMongoTransfer(): typeof import('./mongoTransfer') {
  return require('./mongoTransfer');
}

function isSameDatabase(one: DatabaseConfig, other: DatabaseConfig): boolean {
  if (one.kind === 'sqlite' && other.kind === 'sqlite') return resolve(one.path) === resolve(other.path);
  return one.kind === 'mongodb' && other.kind === 'mongodb' && one.url === other.url;
}

/** The error shows at most the scheme, as any other part of the URL may be a password. */
function parseUrl(name: string, text: string): DatabaseConfig {
  try {
    return databaseUrl(text);
  } catch (error) {
    if (error instanceof InvalidValue) throw new AdminError(`${name} ${error.message}`);
    throw error;
  }
}
