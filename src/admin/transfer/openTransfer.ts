import { resolve } from 'node:path';
import type { DatabaseConfig } from '../../config/database';
import { openMongoSource, openMongoTarget } from '../mongo/transfer';
import { openSnapshot } from '../sqlite/snapshot';
import { openSqliteTarget } from '../sqlite/transferTarget';
import type { TransferSource, TransferTarget } from './transfer';

/** Opens a database to be read past its users. Rejects with a `TransferError` if it can't be. */
export async function openSource(database: DatabaseConfig): Promise<TransferSource> {
  return database.kind === 'sqlite' ? openSnapshot(database.path) : openMongoSource(database.url);
}

/** Opens an empty database to be filled past its users. Rejects with a `TransferError` if it can't be. */
export async function openTarget(database: DatabaseConfig): Promise<TransferTarget> {
  return database.kind === 'sqlite' ? openSqliteTarget(database.path) : openMongoTarget(database.url);
}

/** Whether both are the same database by their names. */
export function isSameDatabase(one: DatabaseConfig, other: DatabaseConfig): boolean {
  if (one.kind === 'sqlite' && other.kind === 'sqlite') return resolve(one.path) === resolve(other.path);
  return one.kind === 'mongodb' && other.kind === 'mongodb' && one.url === other.url;
}
