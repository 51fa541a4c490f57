import type { Session, SessionPage } from '../../domain/session';
import type { Models } from '../../models/models';
import type { TaskQueue } from '../../utils/serialQueue';
import type { NewSession, OpenedSession } from '../chatStore';
import { decodeCursor, encodeCursor } from '../sessionCursor';
import type { Deadline } from './callDeadlines';
import { LIVE } from './live';
import { type SessionRecords, toSession } from './sessionRecords';

/** Sessions as their users see them. */
export class Sessions {
  constructor(
    private readonly models: Models,
    private readonly records: SessionRecords,
    private readonly queue: TaskQueue,
  ) {}

  async list(userId: string, { limit, cursor }: { limit: number; cursor?: string }): Promise<SessionPage> {
    const found = await this.models.sessions
      .find({ userId, ...LIVE, ...(cursor !== undefined && olderThan(cursor)) })
      .sort({ activeAt: -1, _id: -1 })
      .limit(limit + 1)
      .lean();
    const last = found.length > limit ? found[limit - 1] : undefined;
    return {
      sessions: found.slice(0, limit).map(toSession),
      nextCursor: last ? encodeCursor({ activeAt: last.activeAt, id: last._id }) : null,
    };
  }

  async find(userId: string, sessionId: string): Promise<Session | null> {
    const found = await this.records.find(sessionId);
    return found?.userId === userId ? toSession(found) : null;
  }

  async open(newSession: NewSession, deadline: Deadline): Promise<OpenedSession | null> {
    const obtained = await this.records.obtain(newSession, deadline);
    if (obtained?.session.userId !== newSession.userId) return null;
    return { session: toSession(obtained.session), created: obtained.created };
  }

  async rename(userId: string, sessionId: string, name: string): Promise<Session | null> {
    const ofUser = { _id: sessionId, userId, ...LIVE };
    const { matchedCount } = await this.models.sessions.updateOne(ofUser, { $set: { name } });
    // To look without it could find one that was made only meanwhile, and call it renamed.
    return matchedCount === 0 ? null : this.find(userId, sessionId);
  }

  /** Marks first: from then on the session is gone for everyone, and the next start knows what is left to remove. */
  delete(userId: string, sessionId: string, deadline: Deadline): Promise<Session | null> {
    return this.queue.run(sessionId, async () => {
      deadline.check();
      const found = await this.records.find(sessionId);
      if (found?.userId !== userId) return null;
      const { modifiedCount } = await this.models.sessions.updateOne(
        { _id: sessionId, key: found.key, ...LIVE },
        { $set: { deleting: true } },
      );
      if (modifiedCount === 0) return null;
      await this.records.purge(found);
      return toSession(found);
    });
  }
}

function olderThan(cursor: string) {
  const { activeAt, id } = decodeCursor(cursor);
  // The bound says nothing new; with it the page is one range of the index.
  return {
    activeAt: { $lte: activeAt },
    $or: [{ activeAt: { $lt: activeAt } }, { activeAt, _id: { $lt: id } }],
  };
}
