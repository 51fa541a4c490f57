import { randomUUID } from 'node:crypto';
import type { Collection, Connection } from 'mongoose';
import { type Models, NOT_DELETED } from '../../models/models';
import type { SessionDocument } from '../../models/sessionModel';
import type { Beat, FleetStore, SessionPosition, SessionTail } from '../fleetStore';
import { isInserted } from './drafts';
import type { UnreportedMessages } from './messageInserts';
import { type MessageRepository, toMessage } from './messages';
import type { Purge } from './purge';
import type { SessionCache } from './sessionCache';
import type { SessionRepository } from './sessions';
import type { UnansweredMessages } from './unanswered';

interface Dependencies {
  connection: Connection;
  models: Models;
  cache: SessionCache;
  sessions: SessionRepository;
  messages: MessageRepository;
  unanswered: UnansweredMessages;
  unreported: UnreportedMessages;
  purge: Purge;
}

type NodeDocument = Omit<Beat, 'node'> & { _id: string };

/** The document that identifies the database. */
const DATABASE = 'database';

/** Creates the operations of the fleet. `run` gives each of them its deadline. */
export function createFleetOperations(
  dependencies: Dependencies,
  run: <T>(work: () => Promise<T>) => Promise<T>,
): FleetStore {
  const { connection, models, sessions, unanswered, purge } = dependencies;
  const fleet: Collection<{ _id: string; id: string }> = connection.collection('fleet');
  const nodes: Collection<NodeDocument> = connection.collection('nodes');

  async function findPositions(ids: readonly string[]): Promise<Map<string, SessionPosition | null>> {
    const found = await models.sessions.find({ _id: { $in: [...ids] }, ...NOT_DELETED }).lean();
    const positions = new Map(found.map((session) => [session._id, toPosition(session)]));
    const idle = ids.filter((id) => !dependencies.unreported.hasAny(id));
    return new Map(idle.map((id) => [id, positions.get(id) ?? null]));
  }

  return {
    databaseId: () =>
      run(async () => {
        const id = randomUUID();
        const inserted = await isInserted(fleet.insertOne({ _id: DATABASE, id }));
        return inserted ? id : ((await fleet.findOne({ _id: DATABASE }))?.id ?? id);
      }),

    writeBeat: ({ node, ...beat }) =>
      run(async () => {
        if (beat.counter === 1) return isInserted(nodes.insertOne({ _id: node, ...beat }));
        const { matchedCount } = await nodes.updateOne({ _id: node, isDead: false }, { $set: beat });
        return matchedCount > 0;
      }),

    readBeats: () =>
      run(async () => (await nodes.find().toArray()).map(({ _id, ...beat }) => ({ node: _id, ...beat }))),

    markDead: (node, counter) =>
      run(async () => {
        const found = await nodes.updateOne(
          { _id: node, counter, isDead: false },
          { $set: { isDead: true } },
        );
        return found.modifiedCount > 0;
      }),

    removeNode: (node) =>
      run(async () => {
        await nodes.deleteOne({ _id: node });
      }),

    findPositions: (ids) => run(() => findPositions(ids)),

    findPosition: (userId, sessionId) =>
      run(async () => {
        const found = await sessions.find(sessionId);
        return found?.userId === userId ? toPosition(found) : null;
      }),

    readTail: (userId, sessionId, after, limit) =>
      run(() => readTail(dependencies, { userId, sessionId, after, limit })),

    repair: () =>
      run(async () => {
        purge.wake();
        const repaired = unanswered.takeRepaired();
        const positions = repaired.length > 0 ? await findPositions(repaired) : new Map<string, null>();
        return [...positions.values()].filter((position) => position !== null);
      }),
  };
}

/** Reads the messages by the cached key of the session while it reads the session, so that both take one round trip. */
async function readTail(
  { cache, sessions, messages, unreported }: Dependencies,
  { userId, sessionId, after, limit }: { userId: string; sessionId: string; after: number; limit: number },
): Promise<SessionTail | null> {
  const cached = cache.get(sessionId);
  const [session, early] = await Promise.all([
    sessions.find(sessionId),
    cached?.userId === userId ? messages.findAfter(cached.key, after, limit + 1) : null,
  ]);
  if (session?.userId !== userId) return null;
  const found =
    early && session.key === cached?.key ? early : await messages.findAfter(session.key, after, limit + 1);
  const stop = found.findIndex((message) => unreported.has(message));
  const readable = stop < 0 ? found : found.slice(0, stop);
  return {
    position: toPosition(session),
    messages: readable.slice(0, limit).map(toMessage),
    hasMore: readable.length > limit,
  };
}

function toPosition({
  _id,
  userId,
  key,
  createdAt,
  lastMessageAt,
  lastSeq,
}: SessionDocument): SessionPosition {
  return { sessionId: _id, userId, key, createdAt, lastMessageAt, lastSeq };
}
