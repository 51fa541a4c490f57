import fc from 'fast-check';
import { startTestServer, testDatabases } from '../support/testServer';
import { anyBatches } from './model/batches';
import type { Account } from './model/device';
import { PROPERTY_TIMEOUT_MS, parameters } from './model/parameters';
import { play } from './model/play';
import { World } from './model/world';

/** Runs, and messages of a burst: more than a page where the database writes them fast enough. */
const EFFORT: Record<string, { runs: number; burst: number }> = {
  SQLite: { runs: 12, burst: 55 },
  MongoDB: { runs: 3, burst: 5 },
};

describe.each(testDatabases)('whatever devices do in whatever order, on %s', (name, makeDatabase) => {
  const { runs, burst } = EFFORT[name] ?? { runs: 8, burst: 5 };
  let accounts: Account[];

  beforeAll(async () => {
    accounts = await World.signUp(await startTestServer({ database: makeDatabase() }));
  });

  test(
    'history, answers and live events tell every device the same',
    () =>
      fc.assert(
        fc.asyncProperty(anyBatches(burst), (batches) => play(accounts, batches)),
        parameters(runs),
      ),
    PROPERTY_TIMEOUT_MS,
  );
});
