import { statSync } from 'node:fs';
import { migrate } from '../../stores/sqlite/migrations';
import type { Steps } from '../transfer/steps';
import { type Holdings, isSame } from '../transfer/tally';
import { TransferError } from '../transfer/transfer';
import { type BackupRecord, takeRecord } from './backupRecord';
import { type OwnedPlace, ownPlace } from './ownership';
import { openSnapshot } from './snapshot';
import { toTransferError } from './soundness';
import { checkStaged, openStaged } from './stagedDatabase';
import { StagedFile } from './stagedFile';

export interface RestoreReport {
  holdings: Holdings;
  /** When the backup was made; null if the file doesn't say, and so has no checksum either. */
  madeAt: string | null;
  /** Where the database that was there is kept; null if there was none. */
  aside: string | null;
}

/**
 * Puts a copy of `file` in the place of the database at `path`, with the newest schema, once all of it is read and found
 * sound and what it was when the backup was made. Throws a `TransferError`, and changes nothing, if it is not, or if a
 * server uses the database.
 */
export async function restoreDatabase(file: string, path: string, steps: Steps): Promise<RestoreReport> {
  if (isSameFile(file, path)) throw new TransferError(`${file} is the database itself.`);
  const backup = openSnapshot(file, { older: true });
  const place = ownPlace(path);
  const staged = new StagedFile(place.path);
  try {
    await backup.copyTo(staged.path, steps.begin('Copying', backup.pages, 'pages'), path);
    await backup.close();
    const { holdings, record } = await settle(staged.path, file, steps);
    const aside = putInPlace(staged, place);
    return { holdings, madeAt: record?.madeAt ?? null, aside };
  } finally {
    staged.remove();
    place.release();
  }
}

/** Turns the copy of a backup into a database to serve from. */
async function settle(path: string, file: string, steps: Steps) {
  const database = openStaged(path);
  try {
    const record = takeRecord(database);
    const holdings = await checkStaged(database, file, steps);
    if (record) requireAsRecorded(holdings, record, file);
    migrate(database);
    return { holdings, record };
  } catch (error) {
    throw toTransferError(error, file);
  } finally {
    database.close();
  }
}

function requireAsRecorded(holdings: Holdings, record: BackupRecord, file: string): void {
  if (isSame(holdings, record.holdings)) return;
  throw new TransferError(
    `${file} is damaged: it does not hold what it held when it was made on ${record.madeAt}. Use another backup.`,
  );
}

function putInPlace(staged: StagedFile, { path, isTaken }: OwnedPlace): string | null {
  if (!isTaken) {
    staged.install();
    return null;
  }
  const aside = `${path}.before-restore-${new Date().toISOString().replace(/\..*/, 'Z').replaceAll(':', '-')}`;
  staged.replace(aside);
  return aside;
}

function isSameFile(one: string, other: string): boolean {
  const [first, second] = [one, other].map((path) => statSync(path, { throwIfNoEntry: false }));
  return first !== undefined && first.ino === second?.ino && first.dev === second.dev;
}
