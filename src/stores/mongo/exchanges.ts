import type { Message } from '../../domain/message';
import { nameFromContent, type SessionState, sessionAfter } from '../../domain/session';
import type { MessageDocument } from '../../models/messageModel';
import type { SessionDocument } from '../../models/sessionModel';
import type {
  DraftFence,
  NewExchange,
  NewReply,
  OnStored,
  SessionChangeByMessage,
  StoredExchange,
} from '../chatStore';
import { invalidReplacesError } from '../messageOrder';
import { fulfilled, rejected, type SerialQueue, SessionBatcher } from './batcher';
import { Deadline, timeoutError } from './callDeadlines';
import type { DraftRepository } from './drafts';
import type { UnreportedMessages } from './messageInserts';
import { type MessageRepository, toMessage, unsequencedExchange, unsequencedReply } from './messages';
import type { Purge } from './purge';
import { documentsOf, type InsertedExchange, lastMessageOf, type SequencedInsert } from './sequencedInsert';
import type { SessionCache } from './sessionCache';
import type { AdvancedSession, SessionProgress } from './sessionProgress';
import { type SessionRepository, toSessionState } from './sessions';
import type { UnansweredMarks } from './unanswered';

/** An exchange that waits for its session. */
interface PendingExchange extends NewExchange {
  deadline: Deadline;
  onStored: OnStored<StoredExchange> | undefined;
}

type Outcome = PromiseSettledResult<StoredExchange | null>;

interface AppendedReply {
  reply: Message;
  session: SessionDocument;
  /** Another call has stored it, and reports it. */
  isReported: boolean;
}

/**
 * Appends exchanges and replies: first the messages are inserted, then the session is advanced, then the `unanswered` mark is removed.
 * A crash in between leaves the mark, by which the rest is found and repaired.
 */
export class Exchanges {
  private readonly batcher: SessionBatcher<PendingExchange, StoredExchange | null>;

  constructor(
    private readonly cache: SessionCache,
    private readonly sessions: SessionRepository,
    private readonly messages: MessageRepository,
    private readonly insert: SequencedInsert,
    private readonly progress: SessionProgress,
    private readonly marks: UnansweredMarks,
    private readonly purge: Purge,
    private readonly unreported: UnreportedMessages,
    private readonly drafts: DraftRepository,
    /** Runs one task of a session at a time. */
    private readonly queue: SerialQueue,
  ) {
    this.batcher = new SessionBatcher(queue, (batch) => this.appendInTime(batch));
  }

  /** Concurrent exchanges of one session are appended together. */
  append(exchange: NewExchange, onStored?: OnStored<StoredExchange>): Promise<StoredExchange | null> {
    return this.batcher.add({ ...exchange, deadline: new Deadline(), onStored });
  }

  appendReply(newReply: NewReply, onStored?: OnStored<Message>): Promise<Message | null> {
    const deadline = new Deadline();
    const { sessionId, fence, replyTo } = newReply;
    return this.queue.run(sessionId, async () => {
      deadline.check();
      try {
        if (fence && !(await this.drafts.beginFinish(fence, newReply))) return null;
        const stored = await this.findAndAppendReply(newReply, deadline);
        const isReported = stored?.isReported !== false;
        // Called before the queue starts the session's next task, whose messages have a larger `seq`.
        if (!isReported) onStored?.(stored.reply, toSessionState(stored.session), stored.session.key);
        await this.endReply(fence, stored && newReply.variant === undefined ? replyTo : null);
        return isReported ? null : stored.reply;
      } finally {
        this.unreported.clear(sessionId);
      }
    });
  }

  private async findAndAppendReply(newReply: NewReply, deadline: Deadline): Promise<AppendedReply | null> {
    const cached = this.cache.get(newReply.sessionId);
    const appended = cached && (await this.appendReplyTo(cached, newReply, deadline));
    if (appended) return appended;
    const session = await this.sessions.find(newReply.sessionId);
    return session && this.appendReplyTo(session, newReply, deadline);
  }

  /** The draft is removed first: one that remains is found by the mark of its message. */
  private async endReply(fence: DraftFence | undefined, answered: string | null): Promise<void> {
    try {
      if (fence) await this.drafts.end(fence);
      if (answered !== null) this.marks.remove(answered);
    } catch {
      // The reply is stored, and the next search for unanswered messages repeats this.
    }
  }

  /** Leaves out the exchanges whose calls have already timed out, and those that replace no message of the session. */
  private async appendInTime(batch: PendingExchange[]): Promise<Outcome[]> {
    const invalid = await this.findInvalid(batch);
    const admitted = batch.filter((exchange) => !exchange.deadline.isOver && !invalid.includes(exchange));
    const outcomes = (await this.appendBatch(admitted)).values();
    return batch.map((exchange) => {
      const outcome = admitted.includes(exchange) ? outcomes.next() : undefined;
      const error = invalid.includes(exchange) ? invalidReplacesError() : timeoutError();
      return outcome?.value ?? rejected(error);
    });
  }

  /** Returns the exchanges whose message `replaces` one that is not a user message of the session. */
  private async findInvalid(batch: PendingExchange[]): Promise<PendingExchange[]> {
    const [first, ...others] = batch.filter(({ message }) => message.replaces !== undefined);
    if (!first) return [];
    const session = await this.sessions.find(first.sessionId);
    // Nothing is stored in the session of another user.
    if (session && session.userId !== first.userId) return [];
    const invalid: PendingExchange[] = [];
    for (const exchange of [first, ...others]) {
      const { replaces = '' } = exchange.message;
      const replaced = session && (await this.messages.find(session.key, replaces));
      if (replaced?.sender !== 'user') invalid.push(exchange);
    }
    return invalid;
  }

  /** All exchanges are for the same session, and sent by the same user. */
  private async appendBatch(batch: PendingExchange[]): Promise<Outcome[]> {
    const [first, last] = [batch[0], batch.at(-1)];
    if (!first || !last) return [];
    const { userId, sessionId, message } = first;
    const { deadline } = last;
    try {
      const cached = this.cache.get(sessionId);
      if (cached?.userId === userId) {
        const outcomes = await this.appendTo(cached, false, batch, deadline);
        if (outcomes) return outcomes;
      }
      const name = nameFromContent(message.content);
      const newSession = { id: sessionId, userId, name, createdAt: message.timestamp };
      const opened = await this.sessions.findOrCreate(newSession, deadline);
      const outcomes =
        opened?.session.userId === userId
          ? await this.appendTo(opened.session, opened.created, batch, deadline)
          : null;
      return outcomes ?? batch.map(() => fulfilled(null));
    } catch (error) {
      // Some of the writes may have taken effect.
      this.cache.delete(sessionId);
      throw error;
    } finally {
      this.unreported.clear(sessionId);
    }
  }

  /** Null if the session was deleted; then the messages are, too. */
  private async appendTo(
    session: SessionDocument,
    created: boolean,
    batch: PendingExchange[],
    deadline: Deadline,
  ): Promise<Outcome[] | null> {
    const exchanges = batch.map((exchange) => unsequencedExchange(session, exchange));
    const outcomes = await this.insert.insertExchanges(exchanges, session, deadline);
    const inserted = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    const advanced = await this.advance(session, inserted);
    if (!advanced) {
      await this.discard(session, inserted.flatMap(documentsOf));
      return null;
    }
    this.cache.put(advanced.session);
    for (const { message, reply } of inserted) {
      if (reply && message.unanswered) this.marks.remove(message._id);
    }
    const current = toSessionState(advanced.session);
    const type = sessionChangeType(advanced, created);
    const changing = inserted.find(({ duplicate }) => type !== null && !duplicate);
    const change =
      type && changing ? { type, session: sessionAfter(current, toMessage(lastOf(changing))) } : null;
    return outcomes.map((outcome, index) => {
      if (outcome.status === 'rejected') return outcome;
      const stored = toStoredExchange(outcome.value, outcome.value === changing ? change : null);
      return report(stored, { session: current, key: session.key }, batch[index]?.onStored);
    });
  }

  private async advance(
    session: SessionDocument,
    inserted: InsertedExchange[],
  ): Promise<AdvancedSession | null> {
    const added = inserted.filter(({ duplicate }) => !duplicate).flatMap(documentsOf);
    if (added.length > 0) return this.progress.advance(session, added);
    const lastFound = inserted.flatMap(documentsOf).at(-1);
    if (lastFound) return this.progress.repair(session, lastFound);
    return { session, named: false, unarchived: false };
  }

  /** Null if the message has a reply or does not exist in this session, or if the session belongs to another user. */
  private async appendReplyTo(
    session: SessionDocument,
    newReply: NewReply,
    deadline: Deadline,
  ): Promise<AppendedReply | null> {
    if (session.userId !== newReply.userId) return null;
    const message = await this.messages.find(session.key, newReply.replyTo);
    const isVariant = newReply.variant !== undefined;
    if (isVariant ? message?.sender !== 'user' : !message?.unanswered) return null;

    const unsequenced = unsequencedReply(session, newReply);
    const { reply, inserted } = await this.insert.insertReply(unsequenced, lastMessageOf(session), deadline);
    const advanced = inserted
      ? await this.progress.advance(session, [reply])
      : await this.progress.repair(session, reply);
    if (!advanced) {
      await this.discard(session, [reply]);
      return null;
    }
    this.cache.put(advanced.session);
    // With the fence, nobody else can have inserted it: an earlier attempt of this process has, and could not report it.
    const isReported = !inserted && !newReply.fence;
    return { reply: toMessage(reply), session: advanced.session, isReported };
  }

  /** Removes messages that were inserted after the deletion of their session: they may be appended to a new one with its id. */
  private async discard({ _id, key }: SessionDocument, late: readonly MessageDocument[]): Promise<void> {
    await this.messages.deleteAll(
      key,
      late.map((message) => message._id),
    );
    // Others may have been inserted that nobody knows, such as by a call that failed.
    await this.purge.discard(key);
    this.cache.delete(_id);
  }
}

/** Calls `onStored` within the session's task, so that the calls are in the order of `seq`. */
function report(
  stored: StoredExchange,
  { session, key }: { session: SessionState; key: string },
  onStored: OnStored<StoredExchange> | undefined,
): Outcome {
  try {
    onStored?.(stored, session, key);
    return fulfilled(stored);
  } catch (error) {
    return rejected(error);
  }
}

function sessionChangeType(
  { named, unarchived }: AdvancedSession,
  created: boolean,
): SessionChangeByMessage['type'] | null {
  if (created) return 'created';
  if (named) return 'renamed';
  return unarchived ? 'changed' : null;
}

function lastOf({ message, reply }: InsertedExchange): MessageDocument {
  return reply ?? message;
}

function toStoredExchange(
  { message, reply, duplicate }: InsertedExchange,
  change: SessionChangeByMessage | null,
): StoredExchange {
  return { message: toMessage(message), reply: reply && toMessage(reply), duplicate, sessionChange: change };
}
