import { randomUUID } from 'node:crypto';
import { times } from '../../testkit/builders';
import { signUpDocumented } from '../support/documents/account';
import { measuresTimes } from '../support/measuredTimes';
import { startTestServer } from '../support/testServer';
import { lockedSqlite } from './awayDatabase';

measuresTimes();

const SENDERS = 4;
const REFUSALS_EACH = 3;

test('guarantee 12: while another process locks SQLite, what only reads works, however many sends are waiting', async () => {
  const database = lockedSqlite();
  const server = await startTestServer({ database: database.config });
  const account = await signUpDocumented(server.url);
  const path = `/api/sessions/${randomUUID()}/messages`;
  expect((await account.request(path, { content: 'before' })).status).toBe(201);
  database.takeAway();
  let sending = SENDERS;
  const statuses = times(SENDERS, async () => {
    const refusals: number[] = [];
    while (refusals.length < REFUSALS_EACH) {
      refusals.push((await account.request(path, { content: 'meanwhile' })).status);
    }
    sending -= 1;
    return refusals;
  });
  const reads: number[] = [];
  while (sending > 0) reads.push((await account.request(path)).status);
  await database.end();
  expect(new Set(reads)).toEqual(new Set([200]));
  expect(new Set((await Promise.all(statuses)).flat())).toEqual(new Set([503]));
});
