import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabaseFile, openInPlace, type SqliteDatabase } from '../../src/stores/sqlite/driver';

const directory = mkdtempSync(join(tmpdir(), 'smart-chat-place-'));
const path = join(directory, 'chat.db');
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function make(file: string, table: string): void {
  const database = openDatabaseFile(file, 0);
  database.exec(`CREATE TABLE ${table} (a)`);
  database.close();
}

function tablesIn(database: SqliteDatabase) {
  return database
    .prepare('SELECT name FROM sqlite_schema')
    .all()
    .map(({ name }) => name);
}

test('a database that is replaced while it is opened is opened again', () => {
  make(path, 'old');
  make(join(directory, 'restored.db'), 'restored');
  let openings = 0;
  const database = openInPlace(path, () => {
    openings += 1;
    const opened = openDatabaseFile(path, 0);
    if (openings > 1) return opened;
    renameSync(path, join(directory, 'aside.db'));
    renameSync(join(directory, 'restored.db'), path);
    return opened;
  });
  expect(tablesIn(database)).toEqual(['restored']);
  expect(openings).toBe(2);
  database.close();
});

test('one that is made by the opening is opened once', () => {
  let openings = 0;
  const fresh = join(directory, 'fresh.db');
  const database = openInPlace(fresh, () => {
    openings += 1;
    return openDatabaseFile(fresh, 0);
  });
  expect(openings).toBe(1);
  database.close();
});
