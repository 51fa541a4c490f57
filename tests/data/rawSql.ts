import { DatabaseSync } from '@photostructure/sqlite';

/** Changes a database file that no process has open, bypassing the store. Foreign keys are not enforced. */
export function changeFile(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  database.exec('PRAGMA foreign_keys = OFF');
  database.exec(sql);
  database.close();
}

/** Returns the values of a query that selects one column. */
export function readColumn(path: string, sql: string): unknown[] {
  const database = new DatabaseSync(path);
  const values = database
    .prepare(sql)
    .all()
    .flatMap((row) => Object.values(row));
  database.close();
  return values;
}
