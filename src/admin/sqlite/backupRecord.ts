import { type SqliteDatabase, text } from '../../stores/sqlite/driver';
import type { Holdings } from '../transfer/tally';

/** What a backup says of itself. Without it a flipped bit in a text would still be a sound database. */
export interface BackupRecord {
  /** When the backup was made, ISO 8601 UTC. */
  madeAt: string;
  holdings: Holdings;
}

/** Puts the record into the backup, in a table of its own. */
export function writeRecord(database: SqliteDatabase, record: BackupRecord): void {
  database.exec('CREATE TABLE backup (record TEXT NOT NULL) STRICT');
  database.prepare('INSERT INTO backup VALUES (?)').run(JSON.stringify(record));
}

/** Takes the record out of the backup; null if it has none, as a file that was copied by other means. */
export function takeRecord(database: SqliteDatabase): BackupRecord | null {
  const table = database
    .prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'backup'")
    .get();
  if (!table) return null;
  const record: BackupRecord = JSON.parse(text(database.prepare('SELECT record FROM backup').get()?.record));
  database.exec('DROP TABLE backup');
  return record;
}
