import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { countRecords } from '../../src/admin/sqliteRows';
import type { ChatStore } from '../../src/stores/chatStore';
import { openSqliteStore } from '../../src/stores/sqlite/databaseThread';
import { Purge } from '../../src/stores/sqlite/deletions';
import { openConnection, openDatabaseFile, type SqliteDatabase } from '../../src/stores/sqlite/driver';
import { at, newExchange, newLogin, newQuestion, newSession } from '../../testkit/builders';
import { addUser, append, present, readAll } from '../contract/storeFixture';
import { hasRows, insertManyRows } from '../support/manyRows';
import { measuresTimes } from '../support/measuredTimes';
import { newTestFolder } from '../support/testServer';

/** What others may wait at most, as a share of the time in which the rows are removed. */
const LONGEST_SHARE = 0.3;
/** The wait that the purge returns while a reader keeps the write-ahead log, in milliseconds. */
const READER_WAIT_MS = 1_000;
const MAX_LOG_BYTES = 64 * 2 ** 20;

measuresTimes();

let path: string;
let store: ChatStore;

beforeEach(async () => {
  path = join(newTestFolder(), 'chat.db');
  store = await openSqliteStore(path);
});

afterEach(() => store.close());

function inspect<T>(read: (database: SqliteDatabase) => T): T {
  const database = openDatabaseFile(path, 1_000);
  try {
    return read(database);
  } finally {
    database.close();
  }
}

/** Whether rows of deleted sessions or users are left. */
function isPurging(): boolean {
  return hasRows(path, 'deleted_sessions') || hasRows(path, 'deleted_users');
}

/** Calls, one after the other, until no row is left. Returns the longest response time and the total, in milliseconds. */
async function callUntilPurged(call: () => Promise<unknown>): Promise<{ longest: number; total: number }> {
  const startedAt = performance.now();
  let longest = 0;
  do {
    const calledAt = performance.now();
    await call();
    longest = Math.max(longest, performance.now() - calledAt);
  } while (isPurging());
  return { longest, total: performance.now() - startedAt };
}

describe('the deletion of a session with very many messages', () => {
  test('keeps nobody waiting, and leaves no row', async () => {
    const owner = await addUser(store);
    const other = await addUser(store);
    const { sessionId: kept } = (await append(store, newExchange(other.id, randomUUID()))).message;
    const [sessionId = ''] = insertManyRows(path, { userId: owner.id, sessions: 1, messages: 50_000 });

    const deletion = store.deleteSession(owner.id, sessionId);
    const { longest, total } = await callUntilPurged(() => store.appendExchange(newExchange(other.id, kept)));

    expect(await deletion).toMatchObject({ id: sessionId, lastSeq: 50_000 });
    expect(longest).toBeLessThan(total * LONGEST_SHARE);
    const seqs = (await readAll(store, other.id, kept)).map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
    const rows = inspect((database) => database.prepare('SELECT count(*) AS n FROM messages').get());
    expect(rows).toEqual({ n: seqs.length });
  });

  test('takes effect immediately: its id can be used again, without any of the old messages', async () => {
    const owner = await addUser(store);
    const other = await addUser(store);
    const [sessionId = ''] = insertManyRows(path, { userId: owner.id, sessions: 1, messages: 20_000 });
    await store.deleteSession(owner.id, sessionId);

    expect(await store.findSession(owner.id, sessionId)).toBeNull();
    expect(await store.readMessages(owner.id, sessionId, { limit: 1 })).toBeNull();
    expect((await store.listSessions(owner.id, { limit: 1 }, at(1_000))).sessions).toEqual([]);
    const opened = await store.openSession(newSession(other.id, { id: sessionId }));
    expect(opened).toMatchObject({ created: true, session: { lastSeq: 0 } });
    expect(await readAll(store, other.id, sessionId)).toEqual([]);
    expect(isPurging()).toBe(true);
    expect((await append(store, newExchange(other.id, sessionId))).message.seq).toBe(1);
    await callUntilPurged(() => store.ping());
    expect(await readAll(store, other.id, sessionId)).toHaveLength(2);
  });

  test('is finished by the next start after it was interrupted, and closing does not wait for it', async () => {
    const owner = await addUser(store);
    const [sessionId = ''] = insertManyRows(path, { userId: owner.id, sessions: 1, messages: 50_000 });
    await store.deleteSession(owner.id, sessionId);
    await store.close();
    expect(hasRows(path, 'messages')).toBe(true);
    expect(inspect(countRecords)).toMatchObject({ sessions: 0, messages: 0, unanswered: 0 });

    store = await openSqliteStore(path);
    await callUntilPurged(() => store.ping());
    expect(hasRows(path, 'messages')).toBe(false);
  });

  test('goes on after another process has held the write lock', async () => {
    const owner = await addUser(store);
    const [sessionId = ''] = insertManyRows(path, { userId: owner.id, sessions: 1, messages: 50_000 });
    await store.deleteSession(owner.id, sessionId);
    const lock = openDatabaseFile(path, 1_000);
    lock.exec('BEGIN IMMEDIATE');
    // The purge doesn't wait for the lock, so reads don't either.
    const startedAt = performance.now();
    for (let reads = 0; reads < 20; reads += 1) await store.findUser(owner.id);
    expect(performance.now() - startedAt).toBeLessThan(1_500);
    lock.exec('ROLLBACK');
    lock.close();
    await callUntilPurged(() => store.ping());
    expect(hasRows(path, 'messages')).toBe(false);
  });

  test('does not let the write-ahead log grow while a reader keeps it', async () => {
    const owner = await addUser(store);
    insertManyRows(path, { userId: owner.id, sessions: 1, messages: 120_000 });
    await store.close();
    const database = openConnection(path);
    database.exec('DELETE FROM sessions');
    const reader = openDatabaseFile(path, 1_000);
    reader.exec('BEGIN');
    reader.prepare('SELECT count(*) FROM users').get();

    const purge = new Purge(database);
    const waits: (number | null)[] = [];
    while (waits.at(-1) !== READER_WAIT_MS && waits.at(-1) !== null) waits.push(purge.runPortion('normal'));
    expect(waits.at(-1)).toBe(READER_WAIT_MS);
    expect(statSync(`${path}-wal`).size).toBeLessThan(MAX_LOG_BYTES);

    // With the SQLite of the package, closing alone doesn't end the transaction.
    reader.exec('ROLLBACK');
    reader.close();
    database.exec('PRAGMA wal_checkpoint(PASSIVE)');
    while (purge.runPortion('normal') !== null);
    expect(database.prepare('SELECT count(*) AS n FROM messages').get()).toEqual({ n: 0 });
    expect(statSync(`${path}-wal`).size).toBeLessThan(MAX_LOG_BYTES);
    database.close();
  });
});

describe('the deletion of an account with very many sessions', () => {
  test('keeps nobody waiting, and leaves no row', async () => {
    const owner = await addUser(store);
    const other = await addUser(store);
    insertManyRows(path, { userId: owner.id, sessions: 10_000, messages: 4 });

    const deletion = store.deleteUser(owner.id);
    const call = () => store.appendExchange(newExchange(other.id, randomUUID()));
    const { longest, total } = await callUntilPurged(call);

    expect(await deletion).toBe(true);
    expect(longest).toBeLessThan(total * LONGEST_SHARE);
    const users = inspect((database) => database.prepare('SELECT id FROM users').all());
    expect(users).toEqual([{ id: other.id }]);
  });

  test('takes effect immediately: name, email and session ids are free, and no personal data is left', async () => {
    const owner = await addUser(store);
    const other = await addUser(store);
    await append(store, newQuestion(owner.id, randomUUID()));
    const [first = '', second = ''] = insertManyRows(path, {
      userId: owner.id,
      sessions: 4_000,
      messages: 2,
    });
    expect(await store.deleteUser(owner.id)).toBe(true);

    expect(isPurging()).toBe(true);
    expect(inspect(countRecords)).toEqual({ users: 1, logins: 1, sessions: 0, messages: 0, unanswered: 0 });
    const users = inspect((database) => database.prepare('SELECT * FROM users').all());
    expect(JSON.stringify(users)).not.toContain(owner.username);
    expect(await store.deleteUser(owner.id)).toBe(false);
    expect(await store.findUser(owner.id)).toBeNull();
    expect(await store.findUserByEmail(owner.email)).toBeNull();
    expect(await store.findUserByEmail(`deleted:${owner.id}`)).toBeNull();
    expect(await store.updateUser(owner.id, { updatedAt: owner.updatedAt })).toBeNull();
    expect(await store.createLogin(newLogin(owner.id), '')).toBe(false);
    expect(await store.listLogins(owner.id, '')).toEqual([]);
    expect((await store.listSessions(owner.id, { limit: 10 }, at(1_000))).sessions).toEqual([]);
    expect(await store.findSession(owner.id, first)).toBeNull();
    expect(await store.updateSession(owner.id, first, { name: 'Name' })).toBeNull();
    expect(await store.deleteSession(owner.id, first)).toBeNull();
    expect(await store.openSession(newSession(owner.id, { id: first }))).toBeNull();
    expect(await store.appendExchange(newExchange(owner.id, first))).toBeNull();
    expect(await store.findUnanswered(10)).toEqual([]);
    const again = { ...owner, id: randomUUID() };
    await store.createUser(again, newLogin(again.id));
    expect(present(await store.openSession(newSession(other.id, { id: first }))).created).toBe(true);
    expect((await append(store, newExchange(other.id, second))).message.seq).toBe(1);

    await callUntilPurged(() => store.ping());
    expect(await readAll(store, other.id, second)).toHaveLength(2);
    expect(inspect(countRecords)).toMatchObject({ users: 2, sessions: 2, messages: 2 });
  });
});
