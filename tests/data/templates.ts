import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore } from '../../src/stores/sqlite/databaseThread';
import { openDatabaseFile } from '../../src/stores/sqlite/driver';
import { addChats, addMany } from './chats';

/** A database that is filled once per test file, and copied for each test. */
export interface Template {
  userIds: string[];
  /** Copies the database to this path, as a single file. */
  put(path: string): void;
}

/** Creates a template with every kind of record, and additional exchanges. */
export function useTemplate(exchanges: number): Template {
  const directory = mkdtempSync(join(tmpdir(), 'smart-chat-template-'));
  const path = join(directory, 'chat.db');
  const userIds: string[] = [];
  beforeAll(async () => {
    const store = await openSqliteStore(path);
    userIds.push(...(await addChats(store)).map(({ id }) => id));
    await addMany(store, exchanges);
    await store.close();
    const database = openDatabaseFile(path, 1_000);
    database.exec('PRAGMA journal_mode = DELETE');
    database.close();
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return { userIds, put: (to) => copyFileSync(path, to) };
}
