import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { openMongoSource, openMongoTarget } from '../../src/admin/mongoTransfer';
import { openSqliteSource, openSqliteTarget } from '../../src/admin/sqliteTransfer';
import { copyDatabase, type TransferSource, type TransferTarget } from '../../src/admin/transfer';
import type { DatabaseConfig } from '../../src/config/database';
import { createModels } from '../../src/models/models';
import type { ChatStore } from '../../src/stores/chatStore';
import { connectMongo } from '../../src/stores/mongo/store';
import { openStore } from '../../src/stores/open';
import { openDatabaseFile } from '../../src/stores/sqlite/driver';
import { newExchange } from '../../testkit/builders';
import { append, present } from '../contract/storeFixture';
import { newSqliteDatabase, testDatabases } from '../support/testServer';
import { addChats, CHATS, readChats } from './chats';

const ignoreProgress = () => {};

function openSource(database: DatabaseConfig): Promise<TransferSource> {
  return database.kind === 'sqlite' ? openSqliteSource(database.path) : openMongoSource(database.url);
}

function openTarget(database: DatabaseConfig): Promise<TransferTarget> {
  return database.kind === 'sqlite' ? openSqliteTarget(database.path) : openMongoTarget(database.url);
}

/** The same source, with a change before it is read for the first or for the second time. */
function withChange(source: TransferSource, reading: 1 | 2, change: () => Promise<unknown>): TransferSource {
  let readings = 0;
  return {
    ...source,
    async *read() {
      readings += 1;
      if (readings === reading) await change();
      yield* source.read();
    },
  };
}

/** The same target, with a change before it is read back. */
function withTampering(target: TransferTarget, tamper: () => Promise<void>): TransferTarget {
  return {
    ...target,
    async *read() {
      await tamper();
      yield* target.read();
    },
  };
}

async function changeMessage(database: DatabaseConfig): Promise<void> {
  if (database.kind === 'mongodb') {
    const connection = await connectMongo(database.url);
    const { messages } = createModels(connection);
    await messages.updateOne({ seq: 3 }, { $set: { content: 'otherwise' } });
    return connection.close();
  }
  const file = openDatabaseFile(stagedPath(database.path), 1_000);
  file.exec("UPDATE messages SET content = 'otherwise' WHERE id = (SELECT max(id) FROM messages)");
  file.close();
}

/** Marks an unanswered message as answered, which no record shows. */
async function unmarkMessage(database: DatabaseConfig): Promise<void> {
  if (database.kind === 'mongodb') {
    const connection = await connectMongo(database.url);
    await createModels(connection).messages.updateOne({ unanswered: true }, { $unset: { unanswered: 1 } });
    return connection.close();
  }
  const file = openDatabaseFile(stagedPath(database.path), 1_000);
  const one = 'SELECT max(id) FROM messages WHERE sender = 0 AND reply_seq IS NULL';
  file.exec(`UPDATE messages SET reply_seq = 1 WHERE id = (${one})`);
  file.close();
}

function stagedPath(path: string): string {
  const folder = readdirSync(dirname(path)).find((name) => name.startsWith(`${basename(path)}.partial-`));
  return join(dirname(path), present(folder), 'chat.db');
}

describe.each(testDatabases)('a copy to %s that differs from its source', (_name, makeDatabase) => {
  let source: TransferSource;
  let to: DatabaseConfig;
  let target: TransferTarget;

  beforeEach(async () => {
    const from = newSqliteDatabase();
    const store = await openStore(from);
    await addChats(store);
    await store.close();
    source = await openSource(from);
    to = makeDatabase();
    target = await openTarget(to);
  });
  afterEach(() => source.close());

  test.each([
    ['a content differs', changeMessage, /: checksum [0-9a-f]{64} instead of [0-9a-f]{64}\. /],
    [
      'an unanswered message is not marked',
      unmarkMessage,
      new RegExp(`: unanswered ${CHATS.unanswered - 1} instead of ${CHATS.unanswered}\\. `),
    ],
  ])('because %s is refused, and no server can use it', async (_difference, tamper, message) => {
    const tampered = withTampering(target, () => tamper(to));
    await expect(copyDatabase(source, tampered, ignoreProgress)).rejects.toThrow(message);
    await target.close();
    const advice = expect.stringContaining('a copy that is not complete');
    if (to.kind === 'mongodb') await expect(openStore(to)).rejects.toMatchObject({ advice });
    else expect(readdirSync(dirname(to.path))).toEqual([]);
  });
});

describe.each(testDatabases)(
  'a source on %s that is written to while it is copied',
  (_name, makeDatabase) => {
    let from: DatabaseConfig;
    let store: ChatStore;
    let userIds: string[];

    beforeEach(async () => {
      from = makeDatabase();
      store = await openStore(from);
      userIds = (await addChats(store)).map(({ id }) => id);
    });
    afterEach(() => store.close());

    async function write(): Promise<void> {
      const [userId = ''] = userIds;
      const { sessions } = await store.listSessions(userId, { limit: 1 }, new Date().toISOString());
      await append(store, newExchange(userId, present(sessions[0]).id));
    }

    test.each([1, 2] as const)('before its reading %s', async (reading) => {
      const before = await readChats(store, userIds);
      const source = withChange(await openSource(from), reading, write);
      const to = newSqliteDatabase();
      const target = await openTarget(to);
      const copying = copyDatabase(source, target, ignoreProgress).finally(() => target.close());
      if (from.kind === 'sqlite') {
        expect(await copying).toMatchObject({ hasChangedSince: true, summary: { messages: CHATS.messages } });
        const copy = await openStore(to);
        expect(await readChats(copy, userIds)).toStrictEqual(before);
        await copy.close();
      } else if (reading === 2) {
        await expect(copying).rejects.toThrow(/^The source was written to while it was copied: /);
        expect(readdirSync(dirname(present(to.kind === 'sqlite' ? to.path : null)))).toEqual([]);
      } else {
        expect(await copying).toMatchObject({ summary: { messages: CHATS.messages + 2 } });
      }
      await source.close();
    });
  },
);

test('a source that is not written to is reported as unchanged', async () => {
  const from = newSqliteDatabase();
  await (await openStore(from)).close();
  const source = await openSource(from);
  const target = await openTarget(newSqliteDatabase());
  expect(await copyDatabase(source, target, ignoreProgress)).toMatchObject({ hasChangedSince: false });
  await source.close();
  await target.close();
});
