import type { Connection } from 'mongoose';
import { mongoHosts } from '../../config/database';
import { createIndexes, createModels, type Models } from '../../models/models';
import { connectMongo } from '../../stores/mongo/connection';
import { CopyMark } from '../../stores/mongo/copyMark';
import { readersSaying, writersSaying } from '../transfer/saying';
import { TransferError, type TransferSource, type TransferTarget } from '../transfer/transfer';
import { toTransferError } from './transferErrors';
import { countsOf, readersOf } from './transferReader';
import { writersOf } from './transferWriter';

/**
 * Reads a database as it is at each moment of the reading: a standalone MongoDB has no way to hold on to one. Rejects with a
 * `TransferError` if it can't be reached, or isn't whole.
 */
export function openMongoSource(url: string): Promise<TransferSource> {
  return opened(url, async (connection, models) => {
    await new CopyMark(connection).refuseIfSet();
    return {
      isSnapshot: false,
      hasChanged: () => false,
      read: readersSaying(readersOf(models), (error) => toTransferError(error, url)),
      count: () => countsOf(models),
      close: () => connection.close(),
    };
  });
}

/**
 * Fills a database under a mark that keeps servers off it until it is complete. What an earlier copy left under such a mark
 * is removed. Rejects with a `TransferError` if it can't be reached, or is neither empty nor marked.
 */
export function openMongoTarget(url: string): Promise<TransferTarget> {
  return opened(url, async (connection, models) => {
    const mark = new CopyMark(connection);
    const startedAt = await mark.startedAt();
    if (startedAt === null) await requireEmpty(models, url);
    else await emptyCopy(models, startedAt, url);
    await mark.remove();
    await mark.set();
    await createIndexes(models);
    return {
      write: writersSaying(writersOf(models), (error) => toTransferError(error, url)),
      written: {
        read: readersSaying(readersOf(models), (error) => toTransferError(error, url)),
        count: () => countsOf(models),
      },
      countUnanswered: () => models.messages.countDocuments({ unanswered: true }),
      async complete() {
        if (await mark.complete()) return;
        throw new TransferError(
          'Another copy to this MongoDB database has started meanwhile: wait for it, or run this one again after it.',
        );
      },
      // The mark stays.
      abandon: () => {},
      close: () => connection.close(),
    };
  });
}

async function opened<T>(
  url: string,
  prepare: (connection: Connection, models: Models) => Promise<T>,
): Promise<T> {
  let connection: Connection | undefined;
  try {
    connection = await connectMongo(url);
    return await prepare(connection, createModels(connection));
  } catch (error) {
    await connection?.destroy();
    throw toTransferError(error, url);
  }
}

/** Removes what an earlier copy has left. What is younger than it may be what a server has acknowledged to its users. */
async function emptyCopy(models: Models, startedAt: string, url: string): Promise<void> {
  const { users, logins, sessions, messages } = models;
  const younger = { $gte: startedAt };
  const found = await Promise.all([
    users.exists({ createdAt: younger }),
    logins.exists({ createdAt: younger }),
    sessions.exists({ createdAt: younger }),
    messages.exists({ timestamp: younger }),
  ]);
  if (found.some((document) => document !== null)) {
    throw new TransferError(
      `The MongoDB database at ${mongoHosts(url)} holds what is younger than the copy to it that was not completed: a server ` +
        'has written to it, or to the source meanwhile. Nothing was deleted. Name another database.',
    );
  }
  for (const model of Object.values(models)) await model.deleteMany({});
}

/** Not a look at what is shown: what is being deleted counts too. */
async function requireEmpty(models: Models, url: string): Promise<void> {
  const found = await Promise.all(Object.values(models).map((model) => model.exists({})));
  if (found.every((document) => document === null)) return;
  throw new TransferError(
    `The MongoDB database at ${mongoHosts(url)} is not empty: name another one. What is in it stays as it is.`,
  );
}
