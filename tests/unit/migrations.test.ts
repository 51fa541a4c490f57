import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChatStore } from '../../src/stores/chatStore';
import type { SchemaChange } from '../../src/stores/databaseHealth';
import { openSqliteStore } from '../../src/stores/sqlite/databaseThread';
import { openDatabaseFile } from '../../src/stores/sqlite/driver';
import { NEWEST_SCHEMA, schemaOf } from '../../src/stores/sqlite/migrations';
import { at, newExchange, newReply, times } from '../../testkit/builders';
import { hasRows } from '../support/manyRows';

const ADA = '01a20000-0000-7000-8000-000000000001';
const LOGIN = '01a20000-0000-7000-8000-000000000002';
const FIRST = '01a20000-0000-7000-8000-000000000003';
const SECOND = '01a20000-0000-7000-8000-000000000007';
const THIRD = '01a20000-0000-7000-8000-000000000009';
const UUID = '3f2504e0-4f89-41d3-9a0c-0305e82c3301';
/** Client message ids and times of every form that earlier versions stored. */
const VARIED = [
  [UUID, '2026-01-01T00:00:00.001Z'],
  [UUID.toUpperCase(), '2026-02-28T23:59:59.999Z'],
  [UUID.replaceAll('-', ''), '1999-12-31T23:59:59.990Z'],
  ['3f2504e0-4f89-41d3-9a0c-0305e82c330g', '2026-01-01T00:00:00.120Z'],
  ['17', '2061-07-28T12:34:56.789Z'],
] as const;

let directory: string;
let store: ChatStore;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'smart-chat-migrations-'));
  const path = join(directory, 'chat.db');
  const database = openDatabaseFile(path, 0);
  database.exec(readFileSync(join(__dirname, 'fixtures/schema1.sql'), 'utf8'));
  database
    .prepare('INSERT INTO logins VALUES (?, ?, ?, ?, ?, NULL, NULL, 7)')
    .run(LOGIN, ADA, at(0), at(60), at(3600));
  database.exec(
    `INSERT INTO sessions VALUES (9, '${THIRD}', '${ADA}', 'Third', '${at(0)}', '${at(0)}', '${at(0)}', ${VARIED.length})`,
  );
  const insert = database.prepare("INSERT INTO messages VALUES (9, ?, ?, 'user', 'x', ?, ?, NULL, 99)");
  for (const [index, [id, time]] of VARIED.entries()) {
    insert.run(index + 1, `01a20000-0000-7000-8000-00000000009${index}`, time, id);
  }
  database.close();
  store = await openSqliteStore(path);
});

afterAll(async () => {
  await store.close();
  rmSync(directory, { recursive: true });
});

test('messages of the first schema are read as they were', async () => {
  const first = await store.readMessages(ADA, FIRST, { limit: 10 });
  expect(first?.messages.map(({ seq, sender, content }) => [seq, sender, content])).toEqual([
    [1, 'user', 'one'],
    [2, 'server', 'one'],
    [3, 'user', 'unanswered'],
  ]);
  expect(first?.messages[0]).toMatchObject({ clientMessageId: 'mine' });
  expect(first?.messages[1]).toMatchObject({ replyTo: first?.messages[0]?.messageId });
  const second = await store.readMessages(ADA, SECOND, { limit: 10 });
  expect(second?.messages.map(({ content }) => content)).toEqual(['two', 'two']);
});

test('ids, client message ids and times are read as they were', async () => {
  const third = await store.readMessages(ADA, THIRD, { limit: 10 });
  const read = third?.messages.map(({ messageId, clientMessageId, timestamp }) => [
    messageId,
    clientMessageId,
    timestamp,
  ]);
  const written = VARIED.map(([id, time], index) => [
    `01a20000-0000-7000-8000-00000000009${index}`,
    id,
    time,
  ]);
  expect(read).toEqual(written);
  for (const [index, [id]] of VARIED.entries()) {
    const repeat = await store.appendExchange(newExchange(ADA, THIRD, { clientMessageId: id }));
    expect(repeat).toMatchObject({ duplicate: true, message: { seq: index + 1 } });
  }
});

test('the last refresh of a login counts as received, so that the token before it does not work again', async () => {
  expect(await store.findLogin(LOGIN)).toMatchObject({ generation: 7, confirmedAt: at(60) });
});

test('what was sent before is known as a repeat, and what was unanswered is answered', async () => {
  const repeat = await store.appendExchange(newExchange(ADA, SECOND, { clientMessageId: 'mine' }));
  expect(repeat).toMatchObject({ duplicate: true, message: { seq: 1, content: 'two' }, reply: { seq: 2 } });
  const [unanswered, ...more] = await store.findUnanswered(10);
  expect(more).toEqual([]);
  expect(unanswered).toMatchObject({ userId: ADA, message: { sessionId: FIRST, seq: 3 } });
  if (!unanswered) return;
  expect(await store.appendReply(newReply(ADA, unanswered.message))).toMatchObject({ seq: 4 });
});

test('a deleted session takes its messages with it, and no others', async () => {
  await store.deleteSession(ADA, FIRST);
  while (hasRows(join(directory, 'chat.db'), 'deleted_sessions')) await store.ping();
  const database = openDatabaseFile(join(directory, 'chat.db'), 0);
  expect(database.prepare('SELECT content FROM messages WHERE place >> 32 <> 9').all()).toEqual([
    { content: 'two' },
    { content: 'two' },
  ]);
  database.close();
});

test('opening reports a migration before it begins, and waits for it longer than a job may take', async () => {
  const path = join(directory, 'slow.db');
  const database = openDatabaseFile(path, 0);
  database.exec(readFileSync(join(__dirname, 'fixtures/schema1.sql'), 'utf8'));
  // A later migration updates the sessions.
  database.exec(`
    CREATE TRIGGER slow AFTER UPDATE ON sessions BEGIN
      SELECT count(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000000) SELECT i FROM n);
    END`);
  const changes: object[] = [];
  const startedAt = performance.now();
  // Another connection reads the schema, which shows whether the migration is complete.
  const slow = await openSqliteStore(path, {
    onSchemaChange: ({ milliseconds, ...change }) =>
      changes.push({ ...change, isComplete: milliseconds !== null, stored: schemaOf(database) }),
  });
  const openedAfterMs = performance.now() - startedAt;
  const messages = await slow.readMessages(ADA, SECOND, { limit: 10 });
  await slow.close();
  database.close();
  expect(openedAfterMs).toBeGreaterThan(2_800);
  expect(messages?.messages).toHaveLength(2);
  const steps = expect.arrayContaining(['13: messages in fewer bytes']);
  const change = { from: 1, to: NEWEST_SCHEMA, steps };
  expect(changes).toEqual([
    { ...change, isComplete: false, stored: 1 },
    { ...change, isComplete: true, stored: NEWEST_SCHEMA },
  ]);
}, 180_000);

test('of several servers that open an old database at once, only the one that migrates it reports so', async () => {
  const path = join(directory, 'shared.db');
  const database = openDatabaseFile(path, 0);
  database.exec(readFileSync(join(__dirname, 'fixtures/schema1.sql'), 'utf8'));
  database.close();
  const durations: (number | null)[] = [];
  const onSchemaChange = ({ milliseconds }: SchemaChange) => durations.push(milliseconds);
  const stores = await Promise.all(times(4, () => openSqliteStore(path, { onSchemaChange })));
  await Promise.all(stores.map((each) => each.close()));
  expect(durations).toEqual([null, expect.any(Number)]);
});
