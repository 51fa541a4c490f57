import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore } from '../../src/stores/sqlite/databaseThread';
import { openDatabaseFile } from '../../src/stores/sqlite/driver';
import { newExchange } from '../../testkit/builders';
import { hasRows } from '../support/manyRows';
import { storeContract } from './storeContract';
import { addUser, appendAndFind } from './storeFixture';

describe('SQLite store', () => {
  const directory = mkdtempSync(join(tmpdir(), 'chat-contract-'));
  let databases = 0;
  afterAll(() => rmSync(directory, { recursive: true }));

  storeContract(() => {
    databases += 1;
    const path = join(directory, `${databases}.db`);
    return () => openSqliteStore(path);
  });

  test('a deleted session leaves no message in the file', async () => {
    const path = join(directory, 'deleted.db');
    const store = await openSqliteStore(path);
    const { session } = await appendAndFind(store, newExchange((await addUser(store)).id, randomUUID()));
    await store.deleteSession(session.userId, session.id);
    while (hasRows(path, 'messages')) await store.ping();
    await store.close();

    const file = openDatabaseFile(path, 1_000);
    expect(file.prepare('SELECT * FROM messages').all()).toEqual([]);
    file.close();
  });
});
