import type { Connection, Model, mongo } from 'mongoose';
import { mongoHosts } from '../config/database';
import type { Message } from '../domain/message';
import { nameFromContent, type SessionState } from '../domain/session';
import type { MessageDocument } from '../models/messageModel';
import { createIndexes, createModels, type Models, NOT_DELETED } from '../models/models';
import type { SessionDocument } from '../models/sessionModel';
import { UnusableDatabase } from '../stores/databaseHealth';
import { hasOtherNames } from '../stores/mongo/canonicalNames';
import { isDriverError, toStoreError } from '../stores/mongo/errors';
import { toLogin, toLoginDocument } from '../stores/mongo/logins';
import { kindFieldsOf, toMessage } from '../stores/mongo/messages';
import { toSessionState } from '../stores/mongo/sessions';
import { CopyMark, connectMongo } from '../stores/mongo/store';
import { toUsage, toUsageDocument, toUserDocument, toUserRecord } from '../stores/mongo/users';
import { AdminError, type ErrorTranslator } from './command';
import type { RecordBatch } from './summary';
import { BATCH_SIZE, inBatches, type TransferSource, type TransferTarget } from './transfer';

const DUPLICATE_KEY = 11000;
/** Each session takes queries of its own, concurrently with those of its batch. */
const SESSION_BATCH_SIZE = 200;

/**
 * Opens a database to be read. It isn't read as of one moment, which a standalone MongoDB doesn't support. Rejects with an
 * `AdminError` if it can't be reached, is an incomplete copy, or is to be migrated first.
 */
export function openMongoSource(url: string): Promise<TransferSource> {
  return connectAnd(url, async (connection, models, translateError) => {
    await new CopyMark(connection).refuseIfSet();
    if (await hasOtherNames(models)) {
      throw new AdminError(
        `An earlier version of the server wrote to MongoDB at ${mongoHosts(url)}: run "smart-chat-server migrate" on it first.`,
      );
    }
    return {
      translateError,
      read: () => readRecords(models),
      hasChanged: () => false,
      close: () => connection.close(),
    };
  });
}

/**
 * Opens an empty database and sets a mark in it, which keeps servers from using it until the copy is complete. If an earlier copy
 * has left that mark, its records are deleted. Rejects with an `AdminError` if the database can't be reached, or contains others.
 */
export function openMongoTarget(url: string): Promise<TransferTarget> {
  return connectAnd(url, async (connection, models, translateError) => {
    const mark = new CopyMark(connection);
    const startedAt = await mark.startedAt();
    if (startedAt === null) await requireEmpty(models, url);
    else await deleteEarlierCopy(models, startedAt, url);
    await mark.remove();
    await mark.set();
    await createIndexes(models);
    return {
      translateError,
      write: (batch) => writeRecords(models, batch),
      read: () => readRecords(models),
      countUnanswered: () => models.messages.countDocuments({ unanswered: true }),
      async complete() {
        if (await mark.complete()) return;
        throw new AdminError(
          'Another copy to this MongoDB database has started meanwhile: wait for it, or run this one again after it.',
        );
      },
      // Without `complete` the mark stays.
      close: () => connection.close(),
    };
  });
}

async function connectAnd<T>(
  url: string,
  open: (connection: Connection, models: Models, translateError: ErrorTranslator) => Promise<T>,
): Promise<T> {
  const translateError = createMongoErrorTranslator(url);
  let connection: Connection | undefined;
  try {
    connection = await connectMongo(url);
    return await open(connection, createModels(connection), translateError);
  } catch (error) {
    await connection?.destroy();
    throw translateError(error);
  }
}

/** Explains the driver's errors for the database at `url`. */
function createMongoErrorTranslator(url: string): ErrorTranslator {
  const server = `MongoDB at ${mongoHosts(url)}`;
  return (error) => {
    if (error instanceof AdminError) return error;
    if (error instanceof UnusableDatabase) return new AdminError(error.advice);
    if (toStoreError(error).code === 'UNAVAILABLE') {
      return new AdminError(`${server} does not respond: start it, or correct its URL, and copy again.`);
    }
    if (!isDriverError(error)) return error;
    if ('code' in error && error.code === DUPLICATE_KEY) {
      return new AdminError(
        `Another program writes to ${server} during the copy (${error.message}): stop it, and copy again.`,
      );
    }
    return new AdminError(`${server} returned an error: ${error.message}`);
  };
}

/** Checks all documents, including those of users and sessions that are being deleted. */
async function requireEmpty(models: Models, url: string): Promise<void> {
  const found = await Promise.all(Object.values(models).map((model) => model.exists({})));
  if (found.every((document) => document === null)) return;
  throw new AdminError(
    `The MongoDB database at ${mongoHosts(url)} is not empty: name another database. This one stays as it is.`,
  );
}

/** Refuses to delete records that are newer than the copy: a server may have acknowledged them to its users. */
async function deleteEarlierCopy(models: Models, startedAt: string, url: string): Promise<void> {
  const { users, logins, sessions, messages } = models;
  const newer = { $gte: startedAt };
  const found = await Promise.all([
    users.exists({ createdAt: newer }),
    logins.exists({ createdAt: newer }),
    sessions.exists({ createdAt: newer }),
    messages.exists({ timestamp: newer }),
  ]);
  if (found.some((document) => document !== null)) {
    throw new AdminError(
      `The MongoDB database at ${mongoHosts(url)} contains an incomplete copy, and records that are newer than it: a server has ` +
        'written to the database, or to the source meanwhile. Nothing was deleted. Name another database.',
    );
  }
  for (const model of Object.values(models)) await model.deleteMany({});
}

/**
 * Reads all records as a server shows them: without the records of users and sessions that are being deleted, and with sessions
 * advanced to their latest message.
 */
async function* readRecords(models: Models): AsyncGenerator<RecordBatch> {
  for await (const found of inBatches(find(models.users, NOT_DELETED, { _id: 1 }))) {
    yield { kind: 'users', records: found.map(toUserRecord) };
  }
  for await (const found of inBatches(find(models.logins, {}, { _id: 1 }))) {
    const live = await withLiveUsers(models, found);
    yield { kind: 'logins', records: live.map(toLogin) };
  }
  for await (const found of inBatches(find(models.revokedTokens, {}, { _id: 1 }))) {
    yield { kind: 'revokedTokens', records: found.map(({ _id: id, expiresAt }) => ({ id, expiresAt })) };
  }
  for await (const found of inBatches(find(models.usage, {}, { _id: 1 }))) {
    const live = await withLiveUsers(models, found);
    yield { kind: 'usage', records: live.map(toUsage) };
  }
  for await (const found of inBatches(find(models.sessions, NOT_DELETED, { _id: 1 }), SESSION_BATCH_SIZE)) {
    const live = await withLiveUsers(models, found);
    const records = await Promise.all(live.map((session) => toAdvancedSession(models, session)));
    yield { kind: 'sessions', records };
  }
  for await (const found of inBatches(find(models.messages, {}, { sessionKey: 1, seq: 1 }))) {
    const live = await withLiveSessions(models, found);
    yield { kind: 'messages', records: live.map(toMessage) };
  }
}

function find<T extends mongo.Document>(
  model: Model<T>,
  filter: mongo.Filter<mongo.Document>,
  order: Record<string, 1>,
): AsyncIterable<T> {
  return model.collection.find<T>(filter).sort(order).batchSize(BATCH_SIZE);
}

async function withLiveUsers<T extends { userId: string }>({ users }: Models, found: T[]): Promise<T[]> {
  const ids = found.map(({ userId }) => userId);
  const live = await users.find({ _id: { $in: [...new Set(ids)] }, ...NOT_DELETED }, { _id: 1 }).lean();
  const liveIds = new Set(live.map(({ _id }) => _id));
  return found.filter(({ userId }) => liveIds.has(userId));
}

/** A message belongs to the `key` of its session: it can be a leftover of a deleted session with the same id. */
async function withLiveSessions(models: Models, found: MessageDocument[]): Promise<MessageDocument[]> {
  const ids = found.map(({ sessionId }) => sessionId);
  const sessions = await models.sessions.find({ _id: { $in: [...new Set(ids)] }, ...NOT_DELETED }).lean();
  const liveKeys = new Set((await withLiveUsers(models, sessions)).map(({ key }) => key));
  return found.filter(({ sessionKey }) => liveKeys.has(sessionKey));
}

/** After a crash the document of a session can lag behind its messages. Then it becomes what the next start would make of it. */
async function toAdvancedSession({ messages }: Models, session: SessionDocument): Promise<SessionState> {
  const { key: sessionKey, name } = session;
  const last = await messages.findOne({ sessionKey }, { seq: 1, timestamp: 1 }).sort({ seq: -1 }).lean();
  if (!last) return toSessionState(session);
  const first = name === null ? await messages.findOne({ sessionKey, seq: 1 }).lean() : null;
  const state = toSessionState(session);
  const isBehind = state.lastSeq < last.seq;
  const sent = isBehind
    ? await messages.findOne({ sessionKey, sender: 'user' }, { seq: 1 }).sort({ seq: -1 }).lean()
    : null;
  return {
    ...state,
    ...(sent && sent.seq > state.readSeq && { readSeq: sent.seq, archived: false }),
    name: first ? nameFromContent(first.content) : name,
    lastSeq: last.seq,
    lastMessageAt: last.timestamp,
  };
}

async function writeRecords(
  { users, logins, revokedTokens, usage, sessions, messages }: Models,
  batch: RecordBatch,
): Promise<void> {
  if (batch.kind === 'users') await users.insertMany(batch.records.map(toUserDocument));
  else if (batch.kind === 'logins') await logins.insertMany(batch.records.map(toLoginDocument));
  else if (batch.kind === 'revokedTokens')
    await revokedTokens.insertMany(batch.records.map(({ id: _id, expiresAt }) => ({ _id, expiresAt })));
  else if (batch.kind === 'usage') await usage.insertMany(batch.records.map(toUsageDocument));
  else if (batch.kind === 'sessions') await sessions.insertMany(batch.records.map(toSessionDocument));
  else {
    const answered = new Set(
      batch.records.flatMap(({ replyTo, variant }) => (variant ? [] : (replyTo ?? []))),
    );
    const documents = batch.records.map((message) => {
      const isUnanswered = message.sender === 'user' && !answered.delete(message.messageId);
      return toMessageDocument(message, isUnanswered);
    });
    await messages.insertMany(documents);
    // The rest was written with earlier batches.
    if (answered.size === 0) return;
    await messages.updateMany({ _id: { $in: [...answered] } }, { $unset: { unanswered: 1 } });
  }
}

/** Uses the id as the `key`. New sessions have random keys, so the two never collide. */
function toSessionDocument({ id, ...session }: SessionState): SessionDocument {
  return { _id: id, key: id, ...session, activeAt: session.lastMessageAt ?? session.createdAt };
}

function toMessageDocument(message: Message, isUnanswered: boolean): MessageDocument {
  const { messageId: _id, sessionId, seq, sender, content, timestamp, clientMessageId } = message;
  return {
    ...{ _id, sessionId, sessionKey: sessionId, seq, sender, content, timestamp },
    ...(clientMessageId !== undefined && { clientMessageId }),
    ...kindFieldsOf(message),
    ...(isUnanswered && { unanswered: true }),
  };
}
