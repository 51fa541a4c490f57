import { statSync } from 'node:fs';
import type { Steps } from '../transfer/steps';
import { type Holdings, isSame } from '../transfer/tally';
import { TransferError } from '../transfer/transfer';
import { writeRecord } from './backupRecord';
import { openSnapshot } from './snapshot';
import { toTransferError } from './soundness';
import { checkStaged, openStaged } from './stagedDatabase';
import { StagedFile, taken } from './stagedFile';

/**
 * Writes the database at `path`, as it is at this moment, to a new file; reads that back, and gives it its name once it is
 * found to hold the same and is on the disk. Servers may use the database meanwhile. Throws a `TransferError` if there is
 * something under that name, or if the database is damaged or of a schema that this program doesn't know; then it leaves
 * nothing behind.
 */
export async function backUpDatabase(path: string, file: string, steps: Steps): Promise<Holdings> {
  if (statSync(file, { throwIfNoEntry: false })) throw taken(file);
  const snapshot = openSnapshot(path, { older: true });
  const staged = new StagedFile(file);
  try {
    await snapshot.copyTo(staged.path, steps.begin('Copying', snapshot.pages, 'pages'), file);
    const holdings = await snapshot.rowHoldings(steps, 'Reading the database');
    await snapshot.close();

    const copy = openStaged(staged.path);
    const written = await checkStaged(copy, path, steps);
    if (!isSame(written, holdings)) {
      throw new TransferError(`What was written to ${file} does not read back as it was: see to that disk.`);
    }
    writeRecord(copy, { madeAt: new Date().toISOString(), holdings });
    copy.close();
    staged.install();
    return holdings;
  } catch (error) {
    throw toTransferError(error, file);
  } finally {
    staged.remove();
  }
}
