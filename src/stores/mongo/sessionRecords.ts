import { randomUUID } from 'node:crypto';
import type { Session } from '../../domain/session';
import type { Models } from '../../models/models';
import type { SessionDocument } from '../../models/sessionModel';
import type { NewSession } from '../chatStore';
import type { Deadline } from './callDeadlines';
import { refusingIndex } from './errors';
import { LIVE } from './live';
import type { SessionCache } from './sessionCache';

/**
 * The session documents, and what other parts of the store do with them. Conditional writes are an update and a read, here
 * and elsewhere: `findAndModify` is not atomic in the stand-in that the tests may run on.
 */
export class SessionRecords {
  constructor(
    private readonly models: Models,
    private readonly cache: SessionCache,
  ) {}

  async find(id: string): Promise<SessionDocument | null> {
    const found = await this.models.sessions.findOne({ _id: id, ...LIVE }).lean();
    if (found) this.cache.put(found);
    return found;
  }

  /** The session with this id, whoever has it; made if nobody has. Null if its user is gone. */
  async obtain(
    newSession: NewSession,
    deadline: Deadline,
  ): Promise<{ session: SessionDocument; created: boolean } | null> {
    for (;;) {
      deadline.check();
      const found = await this.find(newSession.id);
      if (found) return { session: found, created: false };
      const made = await this.#insert(newSession);
      if (made) return (await this.#hasUser(made)) ? { session: made, created: true } : null;
      await this.#finishDeletionOf(newSession.id);
    }
  }

  /** Removes the messages of a session that is marked as deleted, then the session. */
  async purge({ _id, key }: SessionDocument): Promise<void> {
    this.cache.drop(_id);
    await this.models.messages.deleteMany({ sessionKey: key });
    await this.models.sessions.deleteOne({ _id, key });
  }

  /** Removes all sessions of a user who is marked as deleted. */
  async purgeAllOf(userId: string): Promise<void> {
    await this.models.sessions.updateMany({ userId, ...LIVE }, { $set: { deleting: true } });
    for (const session of await this.models.sessions.find({ userId }).lean()) await this.purge(session);
  }

  /** Finishes the deletions that a crash interrupted. */
  async finishDeletions(): Promise<void> {
    for (const session of await this.models.sessions.find({ deleting: true }).lean()) {
      await this.purge(session);
    }
  }

  async #insert({ id, userId, name, createdAt }: NewSession): Promise<SessionDocument | null> {
    const session: SessionDocument = {
      _id: id,
      key: randomUUID(),
      userId,
      name,
      createdAt,
      lastMessageAt: null,
      activeAt: createdAt,
      lastSeq: 0,
    };
    try {
      await this.models.sessions.insertMany([session]);
      return session;
    } catch (error) {
      if (refusingIndex(error)) return null;
      throw error;
    }
  }

  /** Looked at afterwards: a deletion of the user that began before may have missed this session. */
  async #hasUser({ _id, key, userId }: SessionDocument): Promise<boolean> {
    if (await this.models.users.exists({ _id: userId, ...LIVE })) return true;
    await this.models.sessions.deleteOne({ _id, key });
    return false;
  }

  async #finishDeletionOf(id: string): Promise<void> {
    const deleted = await this.models.sessions.findOne({ _id: id, deleting: true }).lean();
    if (deleted) await this.purge(deleted);
  }
}

export function toSession(document: SessionDocument): Session {
  const { _id, userId, name, createdAt, lastMessageAt, lastSeq } = document;
  return { id: _id, userId, name, createdAt, lastMessageAt, lastSeq };
}
