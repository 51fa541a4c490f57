import { randomUUID } from 'node:crypto';
import type { NewSession } from '../../domain/session';
import { previewOf, type Session, type SessionState } from '../../domain/session';
import { type Models, NOT_DELETED } from '../../models/models';
import type { SessionDocument } from '../../models/sessionModel';
import type { SessionStore } from '../chatStore';
import { planSessionPage, type SessionPlace, toSessionPage } from '../sessionPages';
import type { SerialQueue } from './batcher';
import { Deadline } from './callDeadlines';
import { violatedIndex } from './errors';
import type { Purge } from './purge';
import type { SessionCache } from './sessionCache';

/** Finds, creates and deletes session documents, of any user. Keeps the cache up to date. */
export class SessionRepository {
  constructor(
    private readonly models: Models,
    private readonly cache: SessionCache,
    private readonly purge: Purge,
  ) {}

  async find(id: string): Promise<SessionDocument | null> {
    const found = await this.models.sessions.findOne({ _id: id, ...NOT_DELETED }).lean();
    if (found) this.cache.put(found);
    return found;
  }

  /** Returns those of these sessions that exist, by their `key`. */
  async findByKey(ids: string[]): Promise<Map<string, SessionDocument>> {
    const found = await this.models.sessions.find({ _id: { $in: ids }, ...NOT_DELETED }).lean();
    return new Map(found.map((session) => [session.key, session]));
  }

  /** Returns the session with this id, of any user, or creates it. Null if the user of a new session does not exist. */
  async findOrCreate(
    newSession: NewSession,
    deadline: Deadline,
  ): Promise<{ session: SessionDocument; created: boolean } | null> {
    for (;;) {
      deadline.check();
      const found = await this.find(newSession.id);
      if (found && !(await this.removeLeftover(found, newSession.userId)))
        return { session: found, created: false };
      const created = await this.insert(newSession);
      if (created) return (await this.hasUser(created)) ? { session: created, created: true } : null;
      await this.finishDeletion(newSession.id);
    }
  }

  /** Deletes the session, unless another call has deleted it. The mark hides it from everyone, and outlasts a crash. */
  async delete(session: SessionDocument): Promise<boolean> {
    const { modifiedCount } = await this.models.sessions.updateOne(
      { _id: session._id, key: session.key, ...NOT_DELETED },
      { $set: { deleting: true } },
    );
    if (modifiedCount > 0) await this.purge.release([session]);
    return modifiedCount > 0;
  }

  /** Null if there is a session with this id. */
  private async insert({ id, userId, name, createdAt }: NewSession): Promise<SessionDocument | null> {
    const session: SessionDocument = {
      _id: id,
      key: randomUUID(),
      userId,
      name,
      createdAt,
      lastMessageAt: null,
      activeAt: createdAt,
      lastSeq: 0,
      readSeq: 0,
      pinned: false,
      archived: false,
    };
    try {
      await this.models.sessions.insertMany([session]);
      return session;
    } catch (error) {
      if (violatedIndex(error)) return null;
      throw error;
    }
  }

  /** Checked after the insert, as a concurrent deletion of the user may have missed the new session. */
  private async hasUser({ _id, key, userId }: SessionDocument): Promise<boolean> {
    if (await this.models.users.exists({ _id: userId, ...NOT_DELETED })) return true;
    await this.models.sessions.deleteOne({ _id, key });
    return false;
  }

  /** Deletes the session and returns true if it belongs to a deleted user: its id must not be taken until it is purged. */
  private async removeLeftover(session: SessionDocument, userId: string): Promise<boolean> {
    if (session.userId === userId) return false;
    if (await this.models.users.exists({ _id: session.userId, ...NOT_DELETED })) return false;
    await this.delete(session);
    return true;
  }

  private async finishDeletion(id: string): Promise<void> {
    const deleted = await this.models.sessions.findOne({ _id: id, deleting: true }).lean();
    if (deleted) await this.purge.release([deleted]);
  }
}

export function createSessionOperations(
  models: Models,
  repository: SessionRepository,
  queue: SerialQueue,
): SessionStore {
  async function find(userId: string, sessionId: string): Promise<Session | null> {
    const found = await repository.find(sessionId);
    return found?.userId === userId ? complete(found) : null;
  }

  /** Adds the previews. They are derived, so that messages don't have to write them. */
  async function completeAll(found: readonly SessionDocument[]): Promise<Session[]> {
    const places = found.flatMap(({ key, lastSeq }) =>
      lastSeq === 0 ? [] : [{ sessionKey: key, seq: lastSeq }],
    );
    const messages =
      places.length === 0
        ? []
        : await models.messages.find({ $or: places }, { sessionKey: 1, content: 1 }).lean();
    const contents = new Map(messages.map(({ sessionKey, content }) => [sessionKey, content]));
    return found.map((session) => {
      const content = contents.get(session.key);
      return { ...toSessionState(session), preview: content === undefined ? null : previewOf(content) };
    });
  }

  async function complete(found: SessionDocument): Promise<Session> {
    const [session] = await completeAll([found]);
    if (!session) throw new Error('the session is missing among the completed ones');
    return session;
  }

  const read = (filter: object, range: object, direction: 1 | -1, limit: number) =>
    models.sessions
      .find({ ...filter, ...range })
      .sort({ activeAt: direction, _id: direction })
      .limit(limit + 1)
      .lean();

  return {
    async listSessions(userId, page, now) {
      const plan = planSessionPage(page, now);
      const { limit, olderThan, activeAfter } = plan;
      const { archived = false, pinned = false, unread = false } = page;
      const filter = {
        userId,
        ...NOT_DELETED,
        ...flagged('archived', archived),
        ...(pinned && flagged('pinned', true)),
        ...(unread && HAS_UNREAD),
      };
      const older = olderThan ? await read(filter, isOlder(olderThan), -1, limit) : [];
      const active =
        activeAfter && older.length <= limit ? await read(filter, isActiveAfter(activeAfter), 1, limit) : [];
      const { sessions, nextCursor } = toSessionPage(plan, older, active, placeOf);
      return { sessions: await completeAll(sessions), nextCursor };
    },

    findSession: find,

    async openSession(newSession) {
      const opened = await repository.findOrCreate(newSession, new Deadline());
      if (opened?.session.userId !== newSession.userId) return null;
      return { session: await complete(opened.session), created: opened.created };
    },

    async updateSession(userId, sessionId, { name, pinned, archived }, expectedName) {
      const expected = expectedName === undefined ? {} : { name: expectedName };
      const filter = { _id: sessionId, userId, ...NOT_DELETED, ...expected };
      const changes = {
        ...(name !== undefined && { name }),
        ...(pinned !== undefined && { pinned }),
        ...(archived !== undefined && { archived }),
      };
      const { matchedCount } = await models.sessions.updateOne(filter, { $set: changes });
      // Without this check, a session created just after the update would be returned as updated.
      return matchedCount === 0 ? null : find(userId, sessionId);
    },

    async markRead(userId, sessionId, seq) {
      const found = await repository.find(sessionId);
      if (found?.userId !== userId) return null;
      const { readSeq, lastSeq } = toSessionState(found);
      const target = Math.min(seq, lastSeq);
      if (target <= readSeq) return { session: await complete(found), advanced: false };
      const filter = { _id: sessionId, key: found.key, ...NOT_DELETED, ...isReadBefore(target) };
      const { modifiedCount } = await models.sessions.updateOne(filter, { $set: { readSeq: target } });
      // If nothing was modified, another device has read further meanwhile, or the session was deleted.
      const session = await find(userId, sessionId);
      return session && { session, advanced: modifiedCount > 0 };
    },

    deleteSession(userId, sessionId) {
      const deadline = new Deadline();
      return queue.run(sessionId, async () => {
        deadline.check();
        const found = await repository.find(sessionId);
        if (found?.userId !== userId) return null;
        const session = await complete(found);
        return (await repository.delete(found)) ? session : null;
      });
    },
  };
}

export function toSessionState(document: SessionDocument): SessionState {
  const { _id, userId, name, createdAt, lastMessageAt, lastSeq } = document;
  const { readSeq = lastSeq, pinned = false, archived = false } = document;
  return { id: _id, userId, name, createdAt, lastMessageAt, lastSeq, readSeq, pinned, archived };
}

/** Matches the documents that are not known to be read up to this `seq`. */
export function isReadBefore(seq: number) {
  return { $or: [{ readSeq: { $lt: seq } }, { readSeq: { $exists: false } }] };
}

/** Matches the documents with messages that are not read. Where `readSeq` is absent, all are. */
const HAS_UNREAD = { readSeq: { $exists: true }, $expr: { $lt: ['$readSeq', '$lastSeq'] } };

/** Matches the documents in which a flag has this value, which may be absent if it is false. */
export function flagged(flag: 'pinned' | 'archived', value: boolean): object {
  return { [flag]: value ? true : { $ne: true } };
}

function placeOf({ activeAt, _id }: SessionDocument): SessionPlace {
  return { activeAt, id: _id };
}

// In both, the first condition is implied by the `$or`, but it limits the scan to one range of the index.
function isOlder({ activeAt, id }: SessionPlace) {
  return {
    activeAt: { $lte: activeAt },
    $or: [{ activeAt: { $lt: activeAt } }, { activeAt, _id: { $lt: id } }],
  };
}

function isActiveAfter({ activeAt, id }: SessionPlace) {
  return {
    activeAt: { $gte: activeAt },
    $or: [{ activeAt: { $gt: activeAt } }, { activeAt, _id: { $gt: id } }],
  };
}
