import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChatStore } from '../../src/stores/chatStore';
import { MAX_WAITING } from '../../src/stores/overload';
import { openSqliteStore } from '../../src/stores/sqliteStore';
import { newExchange, newSession, times } from '../support/builders';
import { addUser, append, chatErrorOf, readAll, seqsTo } from './storeFixture';

const BEYOND = 50;

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
  const calls = times(MAX_WAITING + BEYOND, () => store.appendExchange(newExchange(userId, sessionId)));
  for (const call of calls.slice(MAX_WAITING)) {
    expect(await chatErrorOf(call, 'UNAVAILABLE')).toMatchObject({ retryAfterMs: 1_000 });
  }
  await Promise.all(calls.slice(0, MAX_WAITING));
  await append(store, newExchange(userId, sessionId));
  expect((await readAll(store, userId, sessionId)).map(({ seq }) => seq)).toEqual(
    seqsTo(2 * (MAX_WAITING + 1)),
  );
});
