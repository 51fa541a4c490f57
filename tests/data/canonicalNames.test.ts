import { readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openMongoSource } from '../../src/admin/mongoTransfer';
import type { DatabaseConfig } from '../../src/config/database';
import { createModels } from '../../src/models/models';
import type { ChatStore } from '../../src/stores/chatStore';
import { type SchemaChange, UnusableDatabase } from '../../src/stores/databaseHealth';
import { connectMongo } from '../../src/stores/mongo/store';
import { openFailure, openStore } from '../../src/stores/open';
import { openDatabaseFile } from '../../src/stores/sqlite/driver';
import { schemaOf } from '../../src/stores/sqlite/migrations';
import { at, newExchange, newReply, newSession, uniqueName } from '../../testkit/builders';
import { addUser, append, present } from '../contract/storeFixture';
import { inDatabase } from '../support/rawDatabase';
import { testDatabases } from '../support/testServer';

type Names = readonly (readonly [from: string, to: string])[];

/** Gives rows the names that an earlier version would have stored, and makes the next start migrate the database. */
async function asEarlierVersion(
  database: DatabaseConfig,
  { emails = [], sessions = [] }: { emails?: Names; sessions?: Names },
): Promise<void> {
  if (database.kind === 'sqlite') {
    writeFirstSchema(database.path);
    const raw = openDatabaseFile(database.path, 2_000);
    for (const [from, to] of emails) {
      raw.prepare('UPDATE users SET email = ? WHERE email = ?').run(to, from);
    }
    for (const [from, to] of sessions) raw.prepare('UPDATE sessions SET id = ? WHERE id = ?').run(to, from);
    raw.close();
    return;
  }
  const connection = await connectMongo(database.url);
  const models = createModels(connection);
  for (const [from, to] of emails) await models.users.updateOne({ email: from }, { $set: { email: to } });
  for (const [from, to] of sessions) {
    const found = present(await models.sessions.findOne({ _id: from }).lean());
    await models.sessions.deleteOne({ _id: from });
    await models.sessions.insertMany([{ ...found, _id: to }]);
    await models.messages.updateMany({ sessionKey: found.key }, { $set: { sessionId: to } });
  }
  await models.sessions.updateMany({}, { $unset: { readSeq: 1, pinned: 1, archived: 1 } });
  await connection.getClient().db().collection('migrations').deleteMany({});
  await connection.close();
}

/** The text of a UUID that is stored as 16 bytes, in SQL. */
function uuidText(column: string): string {
  const parts = [
    [1, 8],
    [9, 4],
    [13, 4],
    [17, 4],
    [21, 12],
  ].map(([start, length]) => `substr(hex(${column}), ${start}, ${length})`);
  return `iif(${column} IS NULL, NULL, lower(${parts.join(" || '-' || ")}))`;
}

/** Writes the rows to a file of the first schema, unless they are in one already. */
function writeFirstSchema(path: string): void {
  const current = openDatabaseFile(path, 2_000);
  const schema = schemaOf(current);
  current.close();
  if (schema === 1) return;
  const first = openDatabaseFile(`${path}.first`, 0);
  first.exec(readFileSync(join(__dirname, '../unit/fixtures/schema1.sql'), 'utf8'));
  first.exec(`
    DELETE FROM messages; DELETE FROM sessions; DELETE FROM users;
    ATTACH '${path}' AS current;
    INSERT INTO users SELECT id, username, email, password_hash, created_at, updated_at FROM current.users;
    INSERT INTO sessions
      SELECT key, id, user_id, name, created_at, last_message_at, active_at, last_seq FROM current.sessions;
    INSERT INTO messages
      SELECT place >> 32, place & 0xffffffff, ${uuidText('id')}, iif(sender, 'server', 'user'), content,
        strftime('%Y-%m-%dT%H:%M:%fZ', timestamp / 1000.0, 'unixepoch'), client_message_id, ${uuidText('reply_to')}, reply_seq
      FROM current.messages;
    DETACH current;
  `);
  first.close();
  for (const end of ['-wal', '-shm']) rmSync(path + end, { force: true });
  renameSync(`${path}.first`, path);
}

async function withStore<T>(database: DatabaseConfig, work: (store: ChatStore) => Promise<T>): Promise<T> {
  const store = await openStore(database);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

const everything = async (database: DatabaseConfig) =>
  (await inDatabase(database, (raw) => raw.everything())).toSorted();

describe.each(testDatabases)('emails and session ids of an earlier version, on %s', (_name, makeDatabase) => {
  test('get their canonical forms, and everything else stays', async () => {
    const database = makeDatabase();
    const local = uniqueName();
    const email = `é${local}@xn--mnchen-3ya.de`;
    const { before, user, session, plain } = await withStore(database, async (store) => {
      const user = await addUser(store, { email });
      const other = await addUser(store);
      const session = newSession(user.id);
      await append(store, newExchange(user.id, session.id, { clientMessageId: 'mine' }));
      const { message } = await append(store, newExchange(user.id, session.id));
      await store.appendReply(newReply(user.id, message));
      const plain = newSession(other.id);
      await append(store, newExchange(other.id, plain.id));
      const before = await store.readMessages(user.id, session.id, { limit: 10 });
      return { before, user, session: present(await store.findSession(user.id, session.id)), plain };
    });
    const stored = await everything(database);
    await asEarlierVersion(database, {
      emails: [[email, `e\u0301${local}@münchen.de`]],
      sessions: [[session.id, session.id.toUpperCase()]],
    });
    expect(await everything(database)).not.toEqual(stored);

    await withStore(database, async (store) => {
      expect(await store.findUserByEmail(email)).toEqual(user);
      // Earlier versions did not store what was read.
      const allRead = { ...session, readSeq: session.lastSeq };
      expect(await store.findSession(user.id, session.id)).toEqual(allRead);
      expect(await store.readMessages(user.id, session.id, { limit: 10 })).toEqual(before);
      const repeat = await append(store, newExchange(user.id, session.id, { clientMessageId: 'mine' }));
      expect(repeat).toMatchObject({ duplicate: true, message: { seq: 1 } });
      expect((await append(store, newExchange(user.id, session.id))).message.seq).toBe(session.lastSeq + 1);
      expect(await store.findSession(plain.userId, plain.id)).toMatchObject({ lastSeq: 2 });
      expect((await store.listSessions(user.id, { limit: 10 }, at(1_000))).sessions).toHaveLength(1);
    });
  });

  test('are reported before they change and afterwards, once, and not of a new database', async () => {
    const database = makeDatabase();
    const changes: SchemaChange[] = [];
    const openAndClose = async () => {
      const store = await openStore(database, { onSchemaChange: (change) => changes.push(change) });
      await store.close();
    };
    await openAndClose();
    expect(changes).toEqual([]);
    await withStore(database, (store) => addUser(store));
    await asEarlierVersion(database, {});
    await openAndClose();
    const [begun, completed] = changes;
    expect(begun?.steps.join()).toContain('one form of each email and session id');
    expect(begun?.steps).toHaveLength((begun?.to ?? 0) - (begun?.from ?? 0));
    expect(changes).toEqual([
      { ...begun, milliseconds: null },
      { ...begun, milliseconds: expect.any(Number) },
    ]);
    expect(completed?.milliseconds).toBeGreaterThanOrEqual(0);
    await openAndClose();
    expect(changes).toHaveLength(2);
  });

  test('that would be the same change nothing, and are listed with their owners', async () => {
    const database = makeDatabase();
    const rows = await withStore(database, async (store) => {
      const ann = await addUser(store, { email: `${uniqueName()}@xn--mnchen-3ya.de` });
      const bob = await addUser(store);
      const first = newSession(ann.id);
      await append(store, newExchange(ann.id, first.id));
      await append(store, newExchange(bob.id, newSession(bob.id).id));
      const second = newSession(bob.id);
      await append(store, newExchange(bob.id, second.id));
      const alone = newSession(bob.id);
      await append(store, newExchange(bob.id, alone.id));
      return { ann, bob, first, second, alone };
    });
    const { ann, bob, first, second, alone } = rows;
    const unicode = ann.email.replace('xn--mnchen-3ya', 'münchen');
    await asEarlierVersion(database, {
      emails: [[bob.email, unicode]],
      sessions: [
        [second.id, first.id.toUpperCase()],
        [alone.id, alone.id.toUpperCase()],
      ],
    });
    const stored = await everything(database);
    for (const attempt of [1, 2]) {
      const error: unknown = await openStore(database).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(UnusableDatabase);
      const lines = present(openFailure(error, database)).split('\n');
      expect(lines.slice(1, 3)).toEqual([
        `- email ${unicode} of ${bob.username}, ${ann.email} of ${ann.username}`,
        `- session ${first.id.toUpperCase()} of ${bob.username}, ${first.id} of ${ann.username}`,
      ]);
      expect(lines.join()).not.toContain(alone.id.toUpperCase());
      expect({ attempt, now: await everything(database) }).toEqual({ attempt, now: stored });
    }
    const freed = `${uniqueName()}@example.com`;
    await asEarlierVersion(database, {
      emails: [[unicode, freed]],
      sessions: [[first.id.toUpperCase(), second.id]],
    });
    await withStore(database, async (store) => {
      expect(await store.findUserByEmail(freed)).toMatchObject({ id: bob.id });
      expect(await store.findSession(bob.id, alone.id)).toMatchObject({ lastSeq: 2 });
    });
  });

  test('of which two have the same form, none of them canonical, change nothing either', async () => {
    const database = makeDatabase();
    const local = uniqueName();
    const [one, two] = [`é${local}@münchen.de`, `e\u0301${local}@münchen.de`];
    await withStore(database, async (store) => {
      await addUser(store, { email: one });
      await addUser(store, { email: two });
    });
    await asEarlierVersion(database, {});
    const error: unknown = await openStore(database).catch((reason: unknown) => reason);
    expect(openFailure(error, database)).toMatch(/^- email .*, .*$/m);
  });
});

const mongo = testDatabases.filter(([name]) => name === 'MongoDB');
test.each(mongo)('a renaming on %s that was interrupted is finished', async (_name, makeDatabase) => {
  const database = makeDatabase();
  if (database.kind !== 'mongodb') throw new Error('expected MongoDB');
  const session = await withStore(database, async (store) => {
    const user = await addUser(store);
    const session = newSession(user.id);
    await append(store, newExchange(user.id, session.id));
    return session;
  });
  await asEarlierVersion(database, { sessions: [[session.id, session.id.toUpperCase()]] });
  const connection = await connectMongo(database.url);
  const { sessions } = createModels(connection);
  const found = present(await sessions.findOne({ _id: session.id.toUpperCase() }).lean());
  await sessions.insertMany([{ ...found, _id: session.id }]);
  await connection.close();
  await withStore(database, async (store) => {
    const { sessions: listed } = await store.listSessions(session.userId, { limit: 10 }, at(1_000));
    expect(listed.map(({ id }) => id)).toEqual([session.id]);
    const page = present(await store.readMessages(session.userId, session.id, { limit: 10 }));
    expect(page.messages.map(({ sessionId }) => sessionId)).toEqual([session.id, session.id]);
  });
});

test.each(mongo)('a copy from %s asks for the migration first', async (_name, makeDatabase) => {
  const database = makeDatabase();
  if (database.kind !== 'mongodb') throw new Error('expected MongoDB');
  const email = `${uniqueName()}@xn--mnchen-3ya.de`;
  await withStore(database, (store) => addUser(store, { email }));
  await asEarlierVersion(database, { emails: [[email, email.replace('xn--mnchen-3ya', 'münchen')]] });
  await expect(openMongoSource(database.url)).rejects.toThrow(/smart-chat-server migrate/);
  await withStore(database, async () => {});
  await (await openMongoSource(database.url)).close();
});
