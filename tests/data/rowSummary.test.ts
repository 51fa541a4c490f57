import { summarizeRows } from '../../src/admin/sqliteRows';
import { openDatabaseFile } from '../../src/stores/sqlite/driver';
import { Workplace } from './commands';
import { useTemplate } from './templates';

const work = Workplace.use();
const template = useTemplate(2_000);

test('the checksum of a backup covers every session, also when messages take several batches', async () => {
  template.put(work.path('chat.db'));
  const database = openDatabaseFile(work.path('chat.db'), 1_000);
  const { checksum, messages } = await summarizeRows(database);
  expect(messages).toBe(4_093);
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
  expect(lastMessages.length).toBeGreaterThan(10);
  expect(notCovered).toEqual([]);
});
