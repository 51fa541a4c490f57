import { nameFromContent } from '../../domain/session';
import type { MessageDocument } from '../../models/messageModel';
import { driverCollection, type Models, NOT_DELETED } from '../../models/models';
import type { SessionDocument } from '../../models/sessionModel';
import { Batcher, fulfilled } from './batcher';
import type { SessionRepository } from './sessions';

/** The largest number of sessions in one command. */
const MAX_UPDATES = 1_000;

/** A session after its messages were stored. */
export interface AdvancedSession {
  session: SessionDocument;
  /** The session had no name and was named after its first message. */
  named: boolean;
}

/** The presumed state of a session, and the state after the update. */
interface SessionUpdate {
  from: SessionDocument;
  to: SessionDocument;
}

/** Keeps sessions in step with their messages: `lastSeq`, the time of the last message, and the name after the first one. */
export class SessionProgress {
  // Concurrent sessions share a command, for the same reason as their inserts do.
  private readonly updates = new Batcher((updates: SessionUpdate[]) => this.updateAll(updates), MAX_UPDATES);

  constructor(
    private readonly models: Models,
    private readonly sessions: SessionRepository,
  ) {}

  /**
   * Advances a session to messages that have just been stored. `session` may be stale. Null if the session was deleted. As this is
   * checked after the messages are stored, no message is acknowledged that was deleted together with its session.
   */
  async advance(
    session: SessionDocument,
    stored: readonly MessageDocument[],
  ): Promise<AdvancedSession | null> {
    const ordered = stored.toSorted((a, b) => a.seq - b.seq);
    const [first, last] = [ordered[0], ordered.at(-1)];
    if (!first || !last) throw new Error('there is no message to advance the session to');
    const name = session.name ?? nameAfter(first);
    if (name !== null) {
      const { seq: lastSeq, timestamp } = last;
      const to = { ...session, name, lastSeq, lastMessageAt: timestamp, activeAt: timestamp };
      const isUpdated = await this.updates.add({ from: session, to });
      if (isUpdated) return { session: to, named: session.name === null };
    }
    return this.repair(session, last);
  }

  /**
   * Repairs a session that lags behind `last`, as after a crash between the two writes. For a message that may have been stored long
   * ago. Idempotent. Null if the session was deleted.
   */
  async repair({ _id, key }: SessionDocument, last: MessageDocument): Promise<AdvancedSession | null> {
    const found = await this.find(_id, key);
    if (!found) return null;
    const named = found.name === null && (await this.nameAfterFirstMessage(found));
    if (found.lastSeq < last.seq) await this.advanceTo(found, last);
    else if (!named) return { session: found, named };
    const current = await this.find(_id, key);
    return current && { session: current, named };
  }

  private find(_id: string, key: string): Promise<SessionDocument | null> {
    return this.models.sessions
      .findOne({ _id, key, ...NOT_DELETED })
      .lean()
      .exec();
  }

  private async advanceTo({ _id, key }: SessionDocument, { seq, timestamp }: MessageDocument): Promise<void> {
    await this.models.sessions.updateOne(
      { _id, key, ...NOT_DELETED, lastSeq: { $lt: seq } },
      { $set: { lastSeq: seq, lastMessageAt: timestamp, activeAt: timestamp } },
    );
  }

  private async nameAfterFirstMessage({ _id, key }: SessionDocument): Promise<boolean> {
    const first = await this.models.messages.findOne({ sessionKey: key, seq: 1 }).lean();
    if (!first) return false;
    const { modifiedCount } = await this.models.sessions.updateOne(
      { _id, key, ...NOT_DELETED, name: null },
      { $set: { name: nameFromContent(first.content) } },
    );
    return modifiedCount > 0;
  }

  /** True for each session that is in the intended state; false if its presumed state was stale. */
  private async updateAll(updates: SessionUpdate[]): Promise<PromiseFulfilledResult<boolean>[]> {
    const operations = updates.map((update) => ({ updateOne: toUpdateOne(update) }));
    const sessions = driverCollection(this.models.sessions);
    const { matchedCount } = await sessions.bulkWrite(operations, { ordered: false });
    if (matchedCount === updates.length) return updates.map(() => fulfilled(true));
    // The result has only the number of updates that matched, so the sessions are read to find out which ones did.
    const current = await this.sessions.findByKey(updates.map(({ to }) => to._id));
    return updates.map(({ to }) => fulfilled(isInState(current.get(to.key), to)));
  }
}

/** Matches only if the session exists and is in its presumed state, so that its new state is known without reading it. */
function toUpdateOne({ from, to }: SessionUpdate) {
  const { lastSeq, lastMessageAt, activeAt, name } = to;
  const isNamed = name !== from.name;
  return {
    filter: { _id: from._id, key: from.key, name: from.name, lastSeq: { $lt: lastSeq }, ...NOT_DELETED },
    update: { $set: { lastSeq, lastMessageAt, activeAt, ...(isNamed && { name }) } },
  };
}

function isInState(current: SessionDocument | undefined, expected: SessionDocument): boolean {
  return (
    current?.lastSeq === expected.lastSeq &&
    current.name === expected.name &&
    current.lastMessageAt === expected.lastMessageAt
  );
}

function nameAfter({ seq, content }: MessageDocument): string | null {
  return seq === 1 ? nameFromContent(content) : null;
}
