import { randomUUID } from 'node:crypto';
import { type Connection, type ConnectOptions, createConnection, type mongo } from 'mongoose';
import { mongoHosts } from '../../config/database';
import type { ChatError } from '../../domain/errors';
import { createIndexes, createModels, type Models } from '../../models/models';
import { type ChatStore, mapOperations, type PlainOperations } from '../chatStore';
import { type OnSchemaChange, UnusableDatabase } from '../databaseHealth';
import { SerialQueue } from './batcher';
import { CallDeadlines, withTimeout } from './callDeadlines';
import { renameToCanonical } from './canonicalNames';
import { createDraftOperations, DraftRepository } from './drafts';
import { isDriverError, toStoreError } from './errors';
import { Exchanges } from './exchanges';
import { createFleetOperations } from './fleet';
import { createLoginOperations } from './logins';
import { MessageInserts, UnreportedMessages } from './messageInserts';
import { createMessageQueries, createReadMessages, MessageRepository } from './messages';
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
export async function openMongoStore(url: string, onSchemaChange?: OnSchemaChange): Promise<ChatStore> {
  try {
    return await prepare(await connectMongo(url), onSchemaChange);
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

async function prepare(connection: Connection, onSchemaChange?: OnSchemaChange): Promise<ChatStore> {
  const models = createModels(connection);
  const cache = new SessionCache();
  const purge = new Purge(models, cache);
  try {
    await new CopyMark(connection).refuseIfSet();
    await createIndexes(models);
    await renameToCanonical(connection, models, purge, onSchemaChange);
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
  const drafts = new DraftRepository(models, connection);
  const exchanges = new Exchanges(
    cache,
    sessions,
    messages,
    insert,
    progress,
    marks,
    purge,
    unreported,
    drafts,
    queue,
  );
  const unanswered = new UnansweredMessages(sessions, messages, progress, marks, purge, drafts);
  const operations: PlainOperations = {
    async ping() {
      await connection.getClient().db().command({ ping: 1 });
    },
    ...createUserOperations(models, purge),
    ...createLoginOperations(models),
    ...createSessionOperations(models, sessions, queue),
    readMessages: createReadMessages(cache, sessions, messages),
    ...createMessageQueries(sessions, messages),
    findUnanswered: (limit, after, owner) => unanswered.find(limit, after, owner),
    ...createDraftOperations(models, drafts, sessions, messages),
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

/** The driver's own timeout covers the servers, but not the DNS look-up of their names. */
const CONNECT_TIMEOUT_MS = 4_500;

/**
 * Options that the store's guarantees depend on; they override those in the URL: durable writes, reads that see them, and timeouts. No
 * socket timeout, as it would interrupt the creation of an index on a large collection; the driver's heartbeat detects servers that
 * stop responding.
 */
export const CONNECT_OPTIONS = {
  w: 'majority',
  journal: true,
  readPreference: 'primary',
  // Nothing is shown or cached that a failover could take back.
  readConcernLevel: 'majority',
  retryWrites: true,
  bufferCommands: false,
  autoCreate: false,
  autoIndex: false,
  serverSelectionTimeoutMS: 2_500,
  connectTimeoutMS: 2_500,
  waitQueueTimeoutMS: 2_500,
  heartbeatFrequencyMS: 2_000,
} as const satisfies ConnectOptions;

/** Rejects if no server responds: after 2.5 s, at most 4.5 s. */
export async function connectMongo(url: string): Promise<Connection> {
  const connection = createConnection(url, CONNECT_OPTIONS);
  try {
    await withTimeout(connection.asPromise(), CONNECT_TIMEOUT_MS);
  } catch (error) {
    await connection.destroy();
    throw error;
  }
  const watch = new HeartbeatWatch(connection.getClient());
  connection.once('close', () => watch.stop());
  return connection;
}

const HEARTBEAT_CHECK_MS = 1_000;
/** A heartbeat connects and sends one command, each within `connectTimeoutMS`; this number of checks later it has hung. */
const MAX_HEARTBEAT_CHECKS = 7;

/**
 * Connects the driver again if a heartbeat has no result. The driver sends a heartbeat on its monitoring connection without a look at
 * the socket: if the server has just closed it, the driver waits for the socket to drain, which never happens. Without a heartbeat it
 * never learns that the server is back.
 */
export class HeartbeatWatch {
  /** For each server whose heartbeat is in flight, the number of checks since it began. */
  private readonly inFlight = new Map<string, number>();
  private readonly timer: NodeJS.Timeout;
  private isConnecting = false;
  private isConnected = true;
  private isStopped = false;

  constructor(
    private readonly client: mongo.MongoClient,
    checkMs = HEARTBEAT_CHECK_MS,
  ) {
    client.on('serverHeartbeatStarted', ({ connectionId }) => this.inFlight.set(connectionId, 0));
    client.on('serverHeartbeatSucceeded', ({ connectionId }) => this.inFlight.delete(connectionId));
    client.on('serverHeartbeatFailed', ({ connectionId }) => this.inFlight.delete(connectionId));
    client.on('serverClosed', ({ address }) => this.inFlight.delete(address));
    // Counts checks instead of comparing times: a process that was frozen gets the results first.
    this.timer = setInterval(() => void this.check(), checkMs).unref();
  }

  stop(): void {
    this.isStopped = true;
    clearInterval(this.timer);
  }

  private async check(): Promise<void> {
    for (const [server, checks] of this.inFlight) this.inFlight.set(server, checks + 1);
    const hasHung = [...this.inFlight.values()].some((checks) => checks > MAX_HEARTBEAT_CHECKS);
    if (this.isConnecting || (this.isConnected && !hasHung)) return;
    this.isConnecting = true;
    this.isConnected = false;
    try {
      await this.client.close();
      this.inFlight.clear();
      if (!this.isStopped) await this.client.connect();
      if (this.isStopped) await this.client.close();
      this.isConnected = true;
    } catch {
      // The database is away: the next check tries again.
    } finally {
      this.isConnecting = false;
    }
  }
}

/** Holds the mark of an incomplete copy. Servers write nothing here. */
const COLLECTION = 'copies';
/** The same for every copy, so that of two concurrent ones only one can set its mark. */
const MARK_ID = 'copy';

interface Mark {
  _id: string;
  startedAt: string;
  /** Identifies the copy: another one may have taken over the database since. */
  owner?: string;
}

/** The mark on a database while it is being filled by a copy, which keeps servers from using it. */
export class CopyMark {
  private readonly owner = randomUUID();

  constructor(private readonly connection: Connection) {}

  /** The start time of the incomplete copy; null if there is none. */
  async startedAt(): Promise<string | null> {
    return (await this.marks().findOne({}))?.startedAt ?? null;
  }

  async set(): Promise<void> {
    await this.marks().insertOne({
      _id: MARK_ID,
      startedAt: new Date().toISOString(),
      owner: this.owner,
    });
  }

  /** Removes the mark of any copy. */
  async remove(): Promise<void> {
    await this.marks().deleteMany({});
  }

  /** Removes the mark of this copy. False if another copy has started since, which has then emptied the database. */
  async complete(): Promise<boolean> {
    const { deletedCount } = await this.marks().deleteOne({ owner: this.owner });
    return deletedCount > 0;
  }

  /** Throws `UnusableDatabase` if the database holds an incomplete copy. */
  async refuseIfSet(): Promise<void> {
    if ((await this.startedAt()) === null) return;
    throw new UnusableDatabase(
      'This MongoDB database holds a copy that is not complete: run "smart-chat-server copy" to it again, or use another database.',
    );
  }

  private marks() {
    return this.connection.getClient().db().collection<Mark>(COLLECTION);
  }
}
