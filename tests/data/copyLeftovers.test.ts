import type { Connection } from 'mongoose';
import { createModels, type Models } from '../../src/models/models';
import type { ChatStore } from '../../src/stores/chatStore';
import { connectMongo, openMongoStore } from '../../src/stores/mongo/store';
import { openSqliteStore } from '../../src/stores/sqlite/databaseThread';
import { newExchange } from '../../testkit/builders';
import { addUser, append, present } from '../contract/storeFixture';
import { describeWithMongo } from '../support/describeWithMongo';
import { mongoUrlForTest } from '../support/testMongo';
import { readChats } from './chats';
import { CommandSandbox } from './commands';

const sandbox = CommandSandbox.use();

describeWithMongo('a copy from a MongoDB that a killed server has left', () => {
  let url: string;
  let connection: Connection;
  let models: Models;
  let userId: string;
  let sessionId: string;

  beforeEach(async () => {
    url = present(mongoUrlForTest());
    const store = await openMongoStore(url);
    userId = (await addUser(store)).id;
    sessionId = await addSession(store, userId, 3);
    await store.close();
    connection = await connectMongo(url);
    models = createModels(connection);
  });
  afterEach(() => connection.close());

  /** Adds a session with this number of exchanges, and returns its id. */
  async function addSession(store: ChatStore, owner: string, exchanges: number): Promise<string> {
    const id = crypto.randomUUID();
    for (let count = 0; count < exchanges; count += 1) await append(store, newExchange(owner, id));
    return id;
  }

  /** Copies the database, and returns the printed summary and the contents of the copy. */
  async function copyAndRead() {
    const output = await sandbox.run('copy', [url, 'sqlite://./copy.db']);
    const copy = await openSqliteStore(sandbox.path('copy.db'));
    const userExists = (await copy.findUser(userId)) !== null;
    const chats = await readChats(copy, userExists ? [userId] : []).finally(() => copy.close());
    return { output, chats };
  }

  test('advances a session that lags behind its messages', async () => {
    const store = await openMongoStore(url);
    const expected = await readChats(store, [userId]);
    await store.close();
    await models.sessions.updateOne({ _id: sessionId }, { $set: { name: null, lastSeq: 2 } });
    expect((await copyAndRead()).chats.sessions).toEqual(expected.sessions);
  });

  test.each([
    [
      'marks what the user has sent as read, and takes its session out of the archive',
      { lastSeq: 2, readSeq: 1, archived: true },
    ],
    ['marks what the user has sent as read in a session of an earlier version', { lastSeq: 2 }],
    [
      'takes a session whose reply it lags behind not out of the archive',
      { lastSeq: 5, readSeq: 5, archived: true },
    ],
    ['keeps what was read further', { lastSeq: 5, readSeq: 6 }],
  ])('%s, like the next start of the server', async (_name, state) => {
    const session = present(await models.sessions.findOne({ _id: sessionId }).lean());
    const { readSeq: _readSeq, pinned: _pinned, archived: _archived, ...earlier } = session;
    await models.sessions.replaceOne({ _id: sessionId }, { ...earlier, ...state });
    await models.messages.updateOne({ sessionId, seq: 5 }, { $set: { unanswered: true } });
    const { chats } = await copyAndRead();
    const store = await openMongoStore(url);
    await store.findUnanswered(10);
    const expected = await readChats(store, [userId]);
    await store.close();
    expect(chats.sessions).toEqual(expected.sessions);
  });

  test('omits a session whose deletion has begun, with its messages', async () => {
    await models.sessions.updateOne({ _id: sessionId }, { $set: { deleting: true } });
    const { output } = await copyAndRead();
    expect(output).toMatch(/^1 user, 1 login, 0 sessions, 0 messages \(0 unanswered\)$/m);
  });

  test('omits a user whose deletion has begun, with logins, sessions and messages', async () => {
    await models.users.updateOne({ _id: userId }, { $set: { deleting: true } });
    const { output } = await copyAndRead();
    expect(output).toMatch(/^0 users, 0 logins, 0 sessions, 0 messages \(0 unanswered\)$/m);
  });

  test('omits the messages of a deleted session whose id is used again', async () => {
    const [message] = await models.messages.find({ sessionId }).lean();
    const stray = { ...present(message), _id: crypto.randomUUID(), sessionKey: crypto.randomUUID() };
    await models.messages.insertMany([stray]);
    const { output, chats } = await copyAndRead();
    expect(output).toMatch(/^1 user, 1 login, 1 session, 6 messages \(0 unanswered\)$/m);
    expect(chats.messages.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
  });
});
