import { nameFromContent } from '../../domain/session';
import type { MessageDocument } from '../../models/messageModel';
import { driverCollection, type Models, NOT_DELETED } from '../../models/models';
import type { SessionDocument } from '../../models/sessionModel';
import { Batcher, fulfilled } from './batcher';
import { flagged, isReadBefore, type SessionRepository, toSessionState } from './sessions';

/** The largest number of sessions in one command. */
const MAX_UPDATES = 1_000;

/** A session after its messages were stored. */
export interface AdvancedSession {
  session: SessionDocument;
  /** The session had no name and was named after its first message. */
  named: boolean;
  /** The session was archived before a message of the user. */
  unarchived: boolean;
}

/** The presumed state of a session, and the state after the update. */
interface SessionUpdate {
  from: SessionDocument;
  to: SessionDocument;
}

/**
 * Keeps sessions in step with their messages: `lastSeq`, the time of the last message, and the name after the first one. A message of the
 * user also marks itself as read, and takes the session out of the archive.
 */
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
    const sentSeq = ordered.findLast(({ sender }) => sender === 'user')?.seq ?? null;
    if (name !== null) {
      const { seq: lastSeq, timestamp } = last;
      const sent = sentSeq === null ? {} : { readSeq: sentSeq, archived: false };
      const to = { ...session, name, lastSeq, lastMessageAt: timestamp, activeAt: timestamp, ...sent };
      const isUpdated = await this.updates.add({ from: session, to });
      const unarchived = session.archived === true && sentSeq !== null;
      if (isUpdated) return { session: to, named: session.name === null, unarchived };
    }
    return this.repair(session, last, sentSeq);
  }

  /**
   * Repairs a session that lags behind `last`, as after a crash between the two writes. For a message that may have been stored long
   * ago. Idempotent. Null if the session was deleted. `sentSeq` is the last message of the user that was just stored, if there is one.
   */
  async repair(
    { _id, key }: SessionDocument,
    last: MessageDocument,
    sentSeq: number | null = null,
  ): Promise<AdvancedSession | null> {
    const found = await this.find(_id, key);
    if (!found) return null;
    const isBehind = found.lastSeq < last.seq;
    const named = found.name === null && (await this.nameAfterFirstMessage(found));
    const readTo = sentSeq ?? (isBehind ? await this.lastSent(found) : 0);
    const isUnread = toSessionState(found).readSeq < readTo;
    const unarchived = found.archived === true && isUnread;
    if (isBehind) await this.advanceTo(found, last);
    if (isUnread) await this.markRead(found, readTo);
    if (!isBehind && !isUnread && !named) return { session: found, named, unarchived };
    const current = await this.find(_id, key);
    return current && { session: current, named, unarchived };
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

  /** The `seq` of the user's last message, 0 if there is none. */
  private async lastSent({ key }: SessionDocument): Promise<number> {
    const filter = { sessionKey: key, sender: 'user' } as const;
    const found = await this.models.messages.findOne(filter).sort({ seq: -1 }).lean();
    return found?.seq ?? 0;
  }

  private async markRead({ _id, key }: SessionDocument, readSeq: number): Promise<void> {
    const filter = { _id, key, ...NOT_DELETED, ...isReadBefore(readSeq) };
    await this.models.sessions.updateOne(filter, { $set: { readSeq, archived: false } });
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
  const { lastSeq, lastMessageAt, activeAt, name, readSeq, archived } = to;
  const isNamed = name !== from.name;
  // A message of the user sets what was read, whatever it was before.
  const isSent = readSeq !== from.readSeq;
  const filter = {
    ...{ _id: from._id, key: from.key, name: from.name, lastSeq: { $lt: lastSeq } },
    ...flagged('pinned', from.pinned === true),
    ...flagged('archived', from.archived === true),
    ...(!isSent && { readSeq: readSeq ?? { $exists: false } }),
    ...NOT_DELETED,
  };
  const sent = isSent && readSeq !== undefined ? { readSeq, archived: archived === true } : {};
  return {
    filter,
    update: { $set: { lastSeq, lastMessageAt, activeAt, ...(isNamed && { name }), ...sent } },
  };
}

function isInState(current: SessionDocument | undefined, expected: SessionDocument): boolean {
  if (!current) return false;
  const [found, wanted] = [toSessionState(current), toSessionState(expected)];
  return (
    found.lastSeq === wanted.lastSeq &&
    found.name === wanted.name &&
    found.lastMessageAt === wanted.lastMessageAt &&
    found.readSeq === wanted.readSeq &&
    found.pinned === wanted.pinned &&
    found.archived === wanted.archived
  );
}

function nameAfter({ seq, content }: MessageDocument): string | null {
  return seq === 1 ? nameFromContent(content) : null;
}
