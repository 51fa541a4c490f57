import type { Message, MessagePage, MessageQuery } from '../../domain/message';
import type { SessionDocument } from '../../models/sessionModel';
import type { NewReply, OnStored } from '../chatStore';
import type { MessageParts } from './messageParts';
import { toMessage } from './messageRecords';
import { unplacedReply } from './newMessages';
import type { Deadline } from './storeCalls';

/** Pages of messages, and replies that come later than their message. */
export class Messages {
  constructor(private readonly parts: MessageParts) {}

  /** Reads the page that is presumed to be the right one while it looks whose session it is. */
  async read(userId: string, sessionId: string, query: MessageQuery): Promise<MessagePage | null> {
    const presumed = this.parts.cache.get(sessionId);
    const [session, page] = await Promise.all([
      this.parts.sessions.find(sessionId),
      presumed?.userId === userId ? this.parts.messages.page(presumed.key, query) : null,
    ]);
    if (session?.userId !== userId) return null;
    return page && session.key === presumed?.key ? page : this.parts.messages.page(session.key, query);
  }

  appendReply(
    newReply: NewReply,
    deadline: Deadline,
    onStored: OnStored<Message> = () => {},
  ): Promise<Message | null> {
    return this.parts.queue.run(newReply.sessionId, async () => {
      deadline.check();
      const presumed = this.parts.cache.get(newReply.sessionId);
      const appended = presumed && (await this.#appendReplyTo(presumed, newReply, deadline));
      const session = appended ? null : await this.parts.sessions.find(newReply.sessionId);
      const reply = appended || (session && (await this.#appendReplyTo(session, newReply, deadline)));
      // Before the queue starts the session's next task, whose messages come later.
      if (reply) onStored(reply);
      return reply || null;
    });
  }

  async #appendReplyTo(
    session: SessionDocument,
    newReply: NewReply,
    deadline: Deadline,
  ): Promise<Message | null> {
    if (session.userId !== newReply.userId) return null;
    const message = await this.parts.messages.find(session.key, newReply.replyTo);
    if (!message?.unanswered) return null;

    const unplaced = unplacedReply(session, message._id, newReply);
    const { reply, appended } = await this.parts.appender.appendReply(unplaced, session.lastSeq, deadline);
    const settled = appended
      ? await this.parts.settlement.settle(session, [reply])
      : await this.parts.settlement.complete(session, reply);
    if (!settled) {
      await this.parts.messages.deleteAll(session.key);
      this.parts.cache.drop(session._id);
      return null;
    }
    this.parts.cache.put(settled.session);
    this.parts.marks.add(message._id);
    return appended ? toMessage(reply) : null;
  }
}
