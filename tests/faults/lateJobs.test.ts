import { DatabaseThread } from '../../src/stores/sqlite/databaseThread';
import { openDatabaseFile } from '../../src/stores/sqlite/driver';
import { measuresTimes } from '../support/measuredTimes';
import { newSqliteDatabase } from '../support/testServer';

measuresTimes();

const ANSWER_LIMIT_MS = 3_000;

test('guarantee 12: what waits behind a slow database is refused in time too, and served when it is fast again', async () => {
  const config = newSqliteDatabase();
  const path = config.kind === 'sqlite' ? config.path : '';
  // Without a write-ahead log this lock keeps everyone out, so that each attempt to open the file takes its whole patience.
  const lock = openDatabaseFile(path, 0);
  lock.exec('CREATE TABLE other (id); BEGIN EXCLUSIVE');
  const thread = new DatabaseThread(path);
  const started = performance.now();
  // The second is taken up only when the first has failed.
  const ping = () => thread.call('ping', [], () => true);
  const calls = [ping(), ping()];
  const outcomes = await Promise.allSettled(calls);
  expect(performance.now() - started).toBeLessThan(ANSWER_LIMIT_MS);
  for (const outcome of outcomes) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'UNAVAILABLE' } });
  }
  lock.close();
  expect(await ping()).toBe(true);
  await thread.close();
});
