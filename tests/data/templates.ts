import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabaseFile } from '../../src/stores/sqlite/driver';
import { openSqliteStore } from '../../src/stores/sqlite/store';
import { addMany } from './bulk';
import { addChats } from './chats';

/** A database that is filled once for a test file, and copied for each test. */
export interface Template {
  userIds: string[];
  /** Puts a copy of it, as one file that no server uses, at this path. */
  put(path: string): void;
}

/** Everything that users can have, and so many exchanges more. */
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
