import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChatStore } from '../../src/stores/chatStore';
import { MAX_WAITING_CALLS } from '../../src/stores/databaseHealth';
import { openSqliteStore } from '../../src/stores/sqlite/databaseThread';
import { newExchange, newSession, times } from '../../testkit/builders';
import { addUser, append, chatErrorOf, readAll, seqsTo } from './storeFixture';

/** More than the thread of the database takes at once; what it has doesn't wait any more. */
const BEYOND = 1_000;

let directory: string;
let store: ChatStore;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'smart-chat-overload-'));
  store = await openSqliteStore(join(directory, 'chat.db'));
});

afterAll(async () => {
  await store.close();
  rmSync(directory, { recursive: true });
});

test('guarantee 10: calls beyond those that may wait are refused at once, and leave nothing behind', async () => {
  const { id: userId } = await addUser(store);
  const { id: sessionId } = newSession(userId);
  const calls = times(MAX_WAITING_CALLS + BEYOND, () => store.appendExchange(newExchange(userId, sessionId)));
  const outcomes = await Promise.allSettled(calls);

  const taken = outcomes.findIndex(({ status }) => status === 'rejected');
  expect(taken).toBeGreaterThanOrEqual(MAX_WAITING_CALLS);
  expect(outcomes.slice(0, taken).every(({ status }) => status === 'fulfilled')).toBe(true);
  for (const call of calls.slice(taken)) {
    expect(await chatErrorOf(call, 'UNAVAILABLE')).toMatchObject({ retryAfterMs: 1_000 });
  }
  await append(store, newExchange(userId, sessionId));
  const stored = await readAll(store, userId, sessionId);
  expect(stored.map(({ seq }) => seq)).toEqual(seqsTo(2 * (taken + 1)));
});
