import type { Connection } from 'mongoose';
import { mongoHosts } from '../../config/database';
import type { ChatError } from '../../domain/errors';
import { createIndexes, createModels, type Models } from '../../models/models';
import { type ChatStore, mapOperations, type PlainOperations } from '../chatStore';
import { UnusableDatabase } from '../errors';
import { SerialQueue } from './batcher';
import { CallDeadlines, withTimeout } from './callDeadlines';
import { renameToCanonical } from './canonicalNames';
import { connectMongo } from './connection';
import { CopyMark } from './copyMark';
import { isDriverError, toStoreError } from './errors';
import { Exchanges } from './exchanges';
import { createFleetOperations } from './fleet';
import { createLoginOperations } from './logins';
import { MessageInserts, UnreportedMessages } from './messageInserts';
import { createFindReply, createReadMessages, MessageRepository } from './messages';
import { Purge } from './purge';
import { SequencedInsert } from './sequencedInsert';
import { SessionCache } from './sessionCache';
import { SessionProgress } from './sessionProgress';
import { createSessionOperations, SessionRepository } from './sessions';
import { UnansweredMarks, UnansweredMessages } from './unanswered';
import { createUserOperations } from './users';

/** How long closing waits for writes in the background. */
const CLOSE_TIMEOUT_MS = 2_700;

/**
 * Connects to MongoDB, creates missing indexes, migrates the documents of earlier versions, and finishes interrupted deletions in the
 * background. Rejects with `UNAVAILABLE` if the server can't be reached, the database holds an incomplete copy, or the migration needs
 * a decision by a person.
 */
export async function openMongoStore(url: string): Promise<ChatStore> {
  try {
    return await prepare(await connectMongo(url));
  } catch (error) {
    throw toOpenError(error, url);
  }
}

/** An error that won't pass by itself, such as an invalid option or a wrong password, is for the person who starts the server. */
function toOpenError(error: unknown, url: string): ChatError {
  const storeError = toStoreError(error);
  if (storeError.code !== 'INTERNAL' || !isDriverError(error)) return storeError;
  return new UnusableDatabase(
    `MongoDB at ${mongoHosts(url)} returned an error: ${error.message}. Correct DATABASE_URL.`,
  );
}

async function prepare(connection: Connection): Promise<ChatStore> {
  const models = createModels(connection);
  const cache = new SessionCache();
  const purge = new Purge(models, cache);
  try {
    await new CopyMark(connection).refuseIfSet();
    await createIndexes(models);
    await renameToCanonical(connection, models, purge);
    await purge.start();
  } catch (error) {
    await connection.destroy();
    throw error;
  }
  // Emitted when a primary steps down or takes over, or a connection is lost: a new primary may lack what was read from the old one.
  connection.getClient().on('topologyDescriptionChanged', () => cache.clear());
  return createStore(connection, models, cache, purge);
}

function createStore(connection: Connection, models: Models, cache: SessionCache, purge: Purge): ChatStore {
  const sessions = new SessionRepository(models, cache, purge);
  const calls = new CallDeadlines();
  const queue = new SerialQueue();
  const messages = new MessageRepository(models);
  const unreported = new UnreportedMessages();
  const insert = new SequencedInsert(messages, new MessageInserts(models), unreported);
  const progress = new SessionProgress(models, sessions);
  const marks = new UnansweredMarks(models);
  const exchanges = new Exchanges(
    cache,
    sessions,
    messages,
    insert,
    progress,
    marks,
    purge,
    unreported,
    queue,
  );
  const unanswered = new UnansweredMessages(sessions, messages, progress, marks, purge);
  const operations: PlainOperations = {
    async ping() {
      await connection.getClient().db().command({ ping: 1 });
    },
    ...createUserOperations(models, purge),
    ...createLoginOperations(models),
    ...createSessionOperations(models, sessions, queue),
    readMessages: createReadMessages(cache, sessions, messages),
    findReply: createFindReply(sessions, messages),
    findUnanswered: (limit, after) => unanswered.find(limit, after),
  };

  return {
    ...mapOperations((operation, args) => calls.run(() => operations[operation](...args))),
    appendExchange: (exchange, onStored) => calls.run(() => exchanges.append(exchange, onStored)),
    appendReply: (reply, onStored) => calls.run(() => exchanges.appendReply(reply, onStored)),
    async close() {
      await calls.close();
      await withTimeout(Promise.all([marks.idle(), purge.stop()]), CLOSE_TIMEOUT_MS).catch(() => {});
      await connection.close();
    },
    fleet: createFleetOperations(
      { connection, models, cache, sessions, messages, unanswered, unreported, purge },
      (work) => calls.run(work),
    ),
  };
}
