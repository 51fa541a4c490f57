import { statSync } from 'node:fs';
import { migrate } from '../stores/sqlite/migrations';
import { AdminError, type Report, readSqlitePath, withTranslatedErrors } from './command';
import { lockDatabaseFile, openSnapshot, requireFree, StagedFile } from './databaseFile';
import {
  createSqliteErrorTranslator,
  requireIntegrity,
  takeBackupRecord,
  writeBackupRecord,
} from './integrity';
import { describeSchemaChange } from './maintenance';
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

/** Replaces the SQLite database of `DATABASE_URL` by a backup. */
export async function restore([file = '']: readonly string[], report: Report): Promise<string> {
  const path = readSqlitePath('mongorestore');
  const translateError = createSqliteErrorTranslator(file, path);
  const restored = await withTranslatedErrors(translateError, () => restoreDatabase(file, path, report));
  const { summary, madeAt, previousPath } = restored;
  const origin = madeAt === null ? 'which contains no checksum to verify' : `a backup of ${madeAt}`;
  const kept = previousPath === null ? '' : `\nThe previous database is kept as ${previousPath}.`;
  return `${path} was restored from ${file}, ${origin}:\n${describeSummary(summary)}${kept}`;
}

interface RestoreResult {
  summary: DatabaseSummary;
  /** Null if the file has no backup record, and so no checksum. */
  madeAt: string | null;
  /** Null if there was no database. */
  previousPath: string | null;
}

/**
 * Copies `file` to a temporary file, verifies and migrates it there, and then replaces the database by it. The database is
 * unchanged if that fails, and while a server uses it.
 */
async function restoreDatabase(file: string, path: string, report: Report): Promise<RestoreResult> {
  if (isSameFile(file, path)) throw new AdminError(`${file} is the database itself: name a backup of it.`);
  const backup = openSnapshot(file, { allowOlderSchema: true });
  const lock = lockDatabaseFile(path);
  const staged = new StagedFile(lock.path);
  try {
    report(`Copying ${file}`);
    await backup.copyTo(staged.path);
    backup.close();
    const verified = await verifyAndMigrate(staged, file, report);
    const previousPath = lock.database && timestamped(`${lock.path}.before-restore`);
    if (previousPath === null) staged.install();
    else staged.replace(previousPath);
    return { ...verified, previousPath };
  } finally {
    staged.remove();
    lock.release();
  }
}

async function verifyAndMigrate(staged: StagedFile, file: string, report: Report) {
  const database = staged.open();
  try {
    const record = takeBackupRecord(database);
    report('Checking the integrity of the copy');
    requireIntegrity(database, file);
    report('Reading the copy');
    const summary = await summarizeRows(database);
    if (record && !isEqual(summary, record.summary)) {
      throw new AdminError(
        `${file} is damaged: its contents differ from when it was made on ${record.madeAt}. Use another backup.`,
      );
    }
    migrate(database, file, (change) => report(describeSchemaChange(change, 'the copy')));
    removeDrafts(database);
    return { summary, madeAt: record?.madeAt ?? null };
  } finally {
    database.close();
  }
}

/** With milliseconds, so that restoring twice within a second keeps both databases. */
function timestamped(path: string): string {
  return `${path}-${new Date().toISOString().replaceAll(':', '-')}`;
}

function isSameFile(one: string, other: string): boolean {
  const [first, second] = [one, other].map((path) => statSync(path, { throwIfNoEntry: false }));
  return first !== undefined && first.ino === second?.ino && first.dev === second.dev;
}
