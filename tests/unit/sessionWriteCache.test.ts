import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOperations } from '../../src/stores/sqlite/batch';
import { openConnection, type SqliteDatabase } from '../../src/stores/sqlite/driver';
import { migrate } from '../../src/stores/sqlite/migrations';
import { MAX_CACHED_SESSIONS, SessionWriteCache } from '../../src/stores/sqlite/sessionWriteCache';
import { newLogin, newSession, newUser, times } from '../../testkit/builders';

let directory: string;
let database: SqliteDatabase;
let reads = 0;

/** The same database, with a count of the sessions that are read from it. */
function counted(): SqliteDatabase {
  return {
    exec: (sql) => database.exec(sql),
    close: () => database.close(),
    prepare(sql) {
      const statement = database.prepare(sql);
      const isRead = sql.startsWith('SELECT * FROM sessions');
      return {
        all: (...values) => statement.all(...values),
        run: (...values) => statement.run(...values),
        get(...values) {
          if (isRead) reads += 1;
          return statement.get(...values);
        },
      };
    },
  };
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'smart-chat-sessions-'));
  database = openConnection(join(directory, 'chat.db'));
  migrate(database);
  reads = 0;
});

afterEach(() => {
  database.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Makes sessions of one user and returns their ids. */
function addSessions(count: number): string[] {
  const { operations } = createOperations(database);
  const user = newUser();
  database.exec('BEGIN');
  operations.createUser(user, newLogin(user.id));
  const sessions = times(count, () => newSession(user.id));
  for (const session of sessions) operations.openSession(session);
  database.exec('COMMIT');
  return sessions.map(({ id }) => id);
}

test('a session is read once, in however many transactions it is looked for', () => {
  const [id = ''] = addSessions(1);
  const sessions = new SessionWriteCache(counted());
  for (let transaction = 0; transaction < 3; transaction += 1) {
    sessions.begin();
    expect(sessions.find(id)?.session.id).toBe(id);
  }
  expect(reads).toBe(1);
});

test('a session is read again once another connection has written', () => {
  const [id = ''] = addSessions(1);
  const sessions = new SessionWriteCache(counted());
  sessions.begin();
  sessions.find(id);
  const other = openConnection(join(directory, 'chat.db'));
  other.exec(`UPDATE sessions SET name = 'by another one' WHERE id = '${id}'`);
  other.close();
  sessions.begin();
  expect(sessions.find(id)?.session.name).toBe('by another one');
});

test('when too many sessions are remembered, a transaction begins with none', () => {
  const ids = addSessions(MAX_CACHED_SESSIONS + 1);
  const sessions = new SessionWriteCache(counted());
  sessions.begin();
  for (const id of ids.slice(1)) sessions.find(id);
  sessions.begin();
  for (const id of ids) sessions.find(id);
  expect(reads).toBe(MAX_CACHED_SESSIONS + 1);
  sessions.begin();
  for (const id of ids.slice(0, 2)) sessions.find(id);
  expect(reads).toBe(MAX_CACHED_SESSIONS + 3);
});
