import { AdminError, type Report, readSqlitePath, withTranslatedErrors } from './command';
import { openSnapshot, requireFree, StagedFile } from './databaseFile';
import { createSqliteErrorTranslator, requireIntegrity, writeBackupRecord } from './integrity';
import { removeDrafts, summarizeRows } from './sqliteRows';
import { type DatabaseSummary, describeSummary, isEqual } from './summary';

/** Copies the SQLite database of `DATABASE_URL` to a new file. Servers can use the database meanwhile. */
export async function backUp([file = '']: readonly string[], report: Report): Promise<string> {
  const path = readSqlitePath('mongodump');
  const translateError = createSqliteErrorTranslator(path, file);
  const summary = await withTranslatedErrors(translateError, () => backUpDatabase(path, file, report));
  return `${file} is a complete backup of ${path}, read back and compared:\n${describeSummary(summary)}`;
}

/**
 * Copies the database as of now to a temporary file, compares what is read back with what was read, and then gives the file its
 * name. Leaves nothing behind if that fails.
 */
async function backUpDatabase(path: string, file: string, report: Report): Promise<DatabaseSummary> {
  requireFree(file);
  const snapshot = openSnapshot(path, { allowOlderSchema: true });
  const staged = new StagedFile(file);
  try {
    report(`Copying ${path}`);
    await snapshot.copyTo(staged.path);
    report(`Reading ${path}`);
    const summary = await summarizeRows(snapshot.database);
    snapshot.close();

    report('Checking the integrity of the copy');
    const copy = staged.open();
    // Damage in the copy was in the database before.
    requireIntegrity(copy, path);
    removeDrafts(copy);
    report('Reading the copy');
    if (!isEqual(await summarizeRows(copy), summary)) {
      throw new AdminError(`${file} does not read back as it was written: check that disk.`);
    }
    writeBackupRecord(copy, { madeAt: new Date().toISOString(), summary });
    copy.close();
    staged.install();
    return summary;
  } finally {
    staged.remove();
  }
}
