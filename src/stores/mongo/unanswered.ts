import type { MessageDocument } from '../../models/messageModel';
import type { Models } from '../../models/models';
import type { SessionDocument } from '../../models/sessionModel';
import type { UnansweredMessage } from '../chatStore';
import type { AnsweredMarks } from './answeredMarks';
import type { Deadline } from './callDeadlines';
import { LIVE } from './live';
import { type MessageRecords, toMessage } from './messageRecords';
import type { Settlement } from './sessionProgress';

/** Finds the messages that still need a reply, and completes on the way what crashes left half-done. */
export class Unanswered {
  constructor(
    private readonly models: Models,
    private readonly settlement: Settlement,
    private readonly messages: MessageRecords,
    private readonly marks: AnsweredMarks,
  ) {}

  /** Oldest first, from the one that comes after the message with this id. */
  async find(limit: number, after: string | undefined, deadline: Deadline): Promise<UnansweredMessage[]> {
    const found: UnansweredMessage[] = [];
    let last = after ?? '';
    while (found.length < limit) {
      deadline.check();
      const marked = await this.#marked(last, limit);
      found.push(...(await this.#complete(marked)));
      const end = marked.at(-1);
      if (!end) break;
      last = end._id;
    }
    return found.slice(0, limit);
  }

  #marked(afterId: string, limit: number): Promise<MessageDocument[]> {
    return this.models.messages
      .find({ unanswered: true, _id: { $gt: afterId } })
      .sort({ _id: 1 })
      .limit(limit)
      .lean()
      .exec();
  }

  async #complete(marked: MessageDocument[]): Promise<UnansweredMessage[]> {
    const sessions = await this.#sessionsOf(marked);
    const replies = await this.#repliesTo(marked);
    const unanswered: UnansweredMessage[] = [];
    for (const message of marked) {
      const session = sessions.get(message.sessionKey);
      const reply = replies.get(message._id);
      if (!session) await this.messages.deleteAll(message.sessionKey);
      else if (reply) await this.#finish(session, message, reply);
      else unanswered.push({ userId: session.userId, message: toMessage(message) });
    }
    return unanswered;
  }

  async #finish(session: SessionDocument, message: MessageDocument, reply: MessageDocument): Promise<void> {
    if (await this.settlement.complete(session, reply)) this.marks.add(message._id);
    else await this.messages.deleteAll(session.key);
  }

  async #sessionsOf(messages: MessageDocument[]): Promise<Map<string, SessionDocument>> {
    const ids = [...new Set(messages.map(({ sessionId }) => sessionId))];
    const found = await this.models.sessions.find({ _id: { $in: ids }, ...LIVE }).lean();
    return new Map(found.map((session) => [session.key, session]));
  }

  async #repliesTo(messages: MessageDocument[]): Promise<Map<string, MessageDocument>> {
    const ids = messages.map(({ _id }) => _id);
    const found = await this.models.messages.find({ replyTo: { $in: ids } }).lean();
    return new Map(found.map((reply) => [reply.replyTo ?? '', reply]));
  }
}
