import type { Connection } from 'mongoose';
import { mongoHosts } from '../../config/database';
import type { ChatError } from '../../domain/errors';
import { createIndexes, createModels, type Models } from '../../models/models';
import type { ChatStore } from '../chatStore';
import { UnusableDatabase } from '../errors';
import { AnsweredMarks } from './answeredMarks';
import { Appender } from './appender';
import { connectMongo } from './connect';
import { CopyMark } from './copyMark';
import { isRefusal, toStoreError } from './errors';
import { Exchanges } from './exchanges';
import { loginsOf } from './logins';
import { MessageInserts } from './messageInserts';
import { MessageRecords } from './messageRecords';
import { Messages } from './messages';
import { SessionCache } from './sessionCache';
import { SessionRecords } from './sessionRecords';
import { Sessions } from './sessions';
import { SessionUpdates } from './sessionUpdates';
import { Settlement } from './settlement';
import { StoreCalls, withinTime } from './storeCalls';
import { TaskQueue } from './taskQueue';
import { Unanswered } from './unanswered';
import { finishUserDeletions, usersOf } from './users';

/** Under the 3 s that the store promises, with room for the answer to get out of a busy process. */
const CALL_LIMIT_MS = 2_700;

/**
 * Connects to MongoDB, makes the indexes and completes interrupted deletions. Rejects with `UNAVAILABLE` if the server
 * can't be reached, or the database is a copy that is not whole.
 */
export async function openMongoStore(url: string): Promise<ChatStore> {
  try {
    const connection = await connectMongo(url);
    return await prepare(connection);
  } catch (error) {
    throw toOpenError(error, url);
  }
}

/** What the driver or the server refuses for good, such as an option or a password, is for who starts the server to correct. */
function toOpenError(error: unknown, url: string): ChatError {
  const failure = toStoreError(error);
  if (failure.code !== 'INTERNAL' || !isRefusal(error)) return failure;
  return new UnusableDatabase(
    `MongoDB at ${mongoHosts(url)} refuses: ${error.message}. Correct DATABASE_URL.`,
  );
}

async function prepare(connection: Connection): Promise<ChatStore> {
  const models = createModels(connection);
  const cache = new SessionCache();
  const sessions = new SessionRecords(models, cache);
  try {
    await new CopyMark(connection).refuseIfSet();
    await createIndexes(models);
    await finishUserDeletions(models, sessions);
    await sessions.finishDeletions();
  } catch (error) {
    await connection.destroy();
    throw error;
  }
  // Whatever changes about the servers is told here: a primary that steps down, one that takes over, a lost connection.
  connection.getClient().on('topologyDescriptionChanged', () => cache.clear());
  return storeOn(connection, models, sessions, cache);
}

function storeOn(
  connection: Connection,
  models: Models,
  sessionRecords: SessionRecords,
  cache: SessionCache,
): ChatStore {
  const calls = new StoreCalls(CALL_LIMIT_MS);
  const queue = new TaskQueue();
  const records = new MessageRecords(models);
  const appender = new Appender(records, new MessageInserts(models));
  const settlement = new Settlement(models, new SessionUpdates(models));
  const marks = new AnsweredMarks(models);
  const users = usersOf(models, sessionRecords);
  const logins = loginsOf(models);
  const sessions = new Sessions(models, sessionRecords, queue);
  const parts = { cache, sessions: sessionRecords, messages: records, appender, settlement, marks, queue };
  const messages = new Messages(parts);
  const exchanges = new Exchanges(parts);
  const unanswered = new Unanswered(models, settlement, records, marks);

  return {
    ping: () =>
      calls.run(async () => {
        await connection.getClient().db().command({ ping: 1 });
      }),
    async close() {
      await calls.close();
      await withinTime(marks.done(), CALL_LIMIT_MS).catch(() => {});
      await connection.close();
    },

    createUser: (user, login) => calls.run(() => users.createUser(user, login)),
    findUser: (id) => calls.run(() => users.findUser(id)),
    findUserByEmail: (email) => calls.run(() => users.findUserByEmail(email)),
    updateUser: (id, changes, expectedHash) => calls.run(() => users.updateUser(id, changes, expectedHash)),
    deleteUser: (id) => calls.run(() => users.deleteUser(id)),

    createLogin: (login, expectedHash) => calls.run(() => logins.createLogin(login, expectedHash)),
    findLogin: (id) => calls.run(() => logins.findLogin(id)),
    listLogins: (userId, now) => calls.run(() => logins.listLogins(userId, now)),
    rotateLogin: (id, generation, rotation) => calls.run(() => logins.rotateLogin(id, generation, rotation)),
    deleteLogin: (userId, id) => calls.run(() => logins.deleteLogin(userId, id)),
    deleteLogins: (userId, except) => calls.run(() => logins.deleteLogins(userId, except)),
    deleteExpiredLogins: (now) => calls.run(() => logins.deleteExpiredLogins(now)),
    findEndedLogins: (ids) => calls.run(() => logins.findEndedLogins(ids)),

    listSessions: (userId, page) => calls.run(() => sessions.list(userId, page)),
    findSession: (userId, id) => calls.run(() => sessions.find(userId, id)),
    openSession: (session) => calls.run((deadline) => sessions.open(session, deadline)),
    renameSession: (userId, id, name) => calls.run(() => sessions.rename(userId, id, name)),
    deleteSession: (userId, id) => calls.run((deadline) => sessions.delete(userId, id, deadline)),

    readMessages: (userId, id, query) => calls.run(() => messages.read(userId, id, query)),
    appendExchange: (exchange, onStored) =>
      calls.run((deadline) => exchanges.append(exchange, deadline, onStored)),
    appendReply: (reply, onStored) =>
      calls.run((deadline) => messages.appendReply(reply, deadline, onStored)),
    findUnanswered: (limit, after) => calls.run((deadline) => unanswered.find(limit, after, deadline)),
  };
}
