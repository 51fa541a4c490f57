import { summarizeRows } from '../../src/admin/sqliteRows';
import { openSqliteStore } from '../../src/stores/sqlite/databaseThread';
import { openDatabaseFile } from '../../src/stores/sqlite/driver';
import { addMany } from './chats';
import { CommandSandbox } from './commands';

const sandbox = CommandSandbox.use();

test('the checksum of a backup covers every session, also when messages take several batches', async () => {
  const path = sandbox.path('chat.db');
  const store = await openSqliteStore(path);
  await addMany(store, 1_100, 100);
  await store.close();

  const database = openDatabaseFile(path, 1_000);
  const { checksum } = await summarizeRows(database);
  const lastMessages = database.prepare('SELECT max(id) AS id FROM messages GROUP BY place >> 32').all();
  const notCovered: unknown[] = [];
  for (const { id = '' } of lastMessages) {
    database.exec('BEGIN');
    database.prepare("UPDATE messages SET content = 'other' WHERE id = ?").run(id);
    const changed = await summarizeRows(database);
    if (changed.checksum === checksum) notCovered.push(id);
    database.exec('ROLLBACK');
  }
  database.close();
  expect(lastMessages).toHaveLength(100);
  expect(notCovered).toEqual([]);
});
