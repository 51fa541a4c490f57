import type { MessageDocument } from '../../models/messageModel';
import { driverCollection, type Models } from '../../models/models';
import type { SessionDocument } from '../../models/sessionModel';
import type { UnansweredMessage } from '../chatStore';
import { inOrderOfMessages } from '../messageOrder';
import { Batcher, fulfilled } from './batcher';
import { Deadline } from './callDeadlines';
import { type DraftRepository, removeLeftoverDrafts } from './drafts';
import { type MessageRepository, toMessage } from './messages';
import type { Purge } from './purge';
import type { SessionProgress } from './sessionProgress';
import type { SessionRepository } from './sessions';

/** The largest number of repaired sessions to remember. The position check finds the others. */
const MAX_REPAIRED = 1_000;
/** The largest number of marks that are removed with one command. */
const MAX_MARKS = 1_000;

/**
 * Removes the `unanswered` mark from messages whose reply is stored, in the background. A mark that remains after a failure is removed
 * by the next search for unanswered messages.
 */
export class UnansweredMarks {
  private readonly batcher = new Batcher((ids: string[]) => this.removeAll(ids), MAX_MARKS);

  constructor(private readonly models: Models) {}

  remove(messageId: string): void {
    this.batcher.add(messageId).catch(() => {});
  }

  /** Resolves when no removal is pending. */
  idle(): Promise<void> {
    return this.batcher.idle();
  }

  private async removeAll(ids: string[]): Promise<PromiseFulfilledResult<void>[]> {
    const messages = driverCollection(this.models.messages);
    await messages.updateMany({ _id: { $in: ids } }, { $unset: { unanswered: 1 } });
    return ids.map(() => fulfilled(undefined));
  }
}

/** Finds the messages that need a reply, and repairs what crashes have left incomplete. */
export class UnansweredMessages {
  /** Sessions that were repaired since `takeRepaired` was called last. */
  private repaired = new Set<string>();

  constructor(
    private readonly sessions: SessionRepository,
    private readonly messages: MessageRepository,
    private readonly progress: SessionProgress,
    private readonly marks: UnansweredMarks,
    private readonly purge: Purge,
    private readonly drafts: DraftRepository,
  ) {}

  /**
   * Oldest first, starting after the message with the id `after`. With `owner`, those that another live owner replies to are left out.
   */
  async find(limit: number, after = '', owner?: string): Promise<UnansweredMessage[]> {
    const deadline = new Deadline();
    if (after === '') await removeLeftoverDrafts(this.drafts, this.sessions, this.messages, this.purge);
    const found: UnansweredMessage[] = [];
    let lastId = after;
    while (found.length < limit) {
      deadline.check();
      const marked = await this.messages.findMarked(lastId, limit);
      const unanswered = await this.repairAnswered(marked);
      found.push(...(owner === undefined ? unanswered : await this.withoutTaken(unanswered, owner)));
      const last = marked.at(-1);
      if (!last) break;
      lastId = last._id;
    }
    const queued = await this.findQueued(limit, after, owner);
    return inOrderOfMessages([...found, ...queued]).slice(0, limit);
  }

  /** The messages of which another variant is queued. */
  private async findQueued(limit: number, after: string, owner?: string): Promise<UnansweredMessage[]> {
    const drafts = await this.drafts.findQueued(limit, after, owner);
    const found = await Promise.all(
      drafts.map(async ({ userId, sessionKey, replyTo, variant }) => {
        const message = await this.messages.find(sessionKey, replyTo);
        return message && { userId, message: toMessage(message), variant };
      }),
    );
    return found.filter((each) => each !== null);
  }

  /** Completes the marked messages that have a reply or no session, and returns the others. */
  private async repairAnswered(marked: MessageDocument[]): Promise<UnansweredMessage[]> {
    const sessions = await this.sessions.findByKey([...new Set(marked.map(({ sessionId }) => sessionId))]);
    const replies = await this.messages.findReplies(marked.map(({ _id }) => _id));
    const unanswered: UnansweredMessage[] = [];
    const answered: string[] = [];
    for (const message of marked) {
      const session = sessions.get(message.sessionKey);
      const reply = replies.get(message._id);
      if (!session) await this.purge.discard(message.sessionKey);
      else if (!reply) unanswered.push({ userId: session.userId, message: toMessage(message) });
      else if (await this.isInStep(session, reply)) answered.push(message._id);
    }
    await this.removeLeftovers(answered);
    return unanswered;
  }

  /** Advances the session to the reply if it lags behind. False if the session was deleted. */
  private async isInStep(session: SessionDocument, reply: MessageDocument): Promise<boolean> {
    // Most marks found are those of other processes, which are about to remove them.
    if (session.lastSeq >= reply.seq && session.name !== null) return true;
    if (!(await this.progress.repair(session, reply))) {
      await this.purge.discard(session.key);
      return false;
    }
    if (this.repaired.size < MAX_REPAIRED) this.repaired.add(session._id);
    return true;
  }

  /** Removes the drafts and marks of messages whose reply is stored, and whose session is in step. */
  private async removeLeftovers(answered: readonly string[]): Promise<void> {
    if (answered.length === 0) return;
    await this.drafts.removeAnswered(answered);
    for (const messageId of answered) this.marks.remove(messageId);
  }

  private async withoutTaken(unanswered: UnansweredMessage[], owner: string): Promise<UnansweredMessage[]> {
    const taken = await this.drafts.findTaken(
      unanswered.map(({ message }) => message.messageId),
      owner,
    );
    return unanswered.filter(({ message }) => !taken.has(message.messageId));
  }

  /** The ids of the sessions that were repaired since the last call. */
  takeRepaired(): string[] {
    const ids = [...this.repaired];
    this.repaired = new Set();
    return ids;
  }
}
