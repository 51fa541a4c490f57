import type { Message, MessagePage, MessageQuery } from '../../domain/message';
import { nameFromContent } from '../../domain/session';
import type { SessionDocument } from '../../models/sessionModel';
import type { NewExchange, NewReply, StoredExchange } from '../chatStore';
import type { AnsweredMarks } from './answeredMarks';
import { type Appender, serverMessage } from './appender';
import { type Exchange, type MessageRecords, toMessage } from './messageRecords';
import { type SessionRecords, type Settled, toSession } from './sessionRecords';
import type { Deadline } from './storeCalls';
import type { TaskQueue } from './taskQueue';

/**
 * Messages as their users see them. A write goes: messages, then session, then the mark that all is done; what a crash
 * cuts off is found by that mark.
 */
export class Messages {
  constructor(
    private readonly sessions: SessionRecords,
    private readonly messages: MessageRecords,
    private readonly appender: Appender,
    private readonly marks: AnsweredMarks,
    private readonly queue: TaskQueue,
  ) {}

  async read(userId: string, sessionId: string, query: MessageQuery): Promise<MessagePage | null> {
    const session = await this.sessions.find(sessionId);
    return session?.userId === userId ? this.messages.page(session.key, query) : null;
  }

  appendExchange(exchange: NewExchange, deadline: Deadline): Promise<StoredExchange | null> {
    return this.queue.run(exchange.sessionId, async () => {
      deadline.check();
      const { userId, sessionId, message } = exchange;
      const obtained = await this.sessions.obtain(
        { id: sessionId, userId, name: nameFromContent(message.content), createdAt: message.timestamp },
        deadline,
      );
      if (obtained?.session.userId !== userId) return null;
      const { session, created } = obtained;
      const stored = await this.appender.appendExchange(session, exchange, deadline);
      const settled = await this.#settle(session, stored);
      return (
        settled && {
          session: toSession(settled.session),
          message: toMessage(stored.message),
          reply: stored.reply && toMessage(stored.reply),
          duplicate: stored.duplicate,
          sessionChange: sessionChange(created, settled.named),
        }
      );
    });
  }

  appendReply(newReply: NewReply, deadline: Deadline): Promise<Message | null> {
    return this.queue.run(newReply.sessionId, async () => {
      deadline.check();
      const session = await this.sessions.find(newReply.sessionId);
      if (session?.userId !== newReply.userId) return null;
      const message = await this.messages.find(session.key, newReply.replyTo);
      if (!message?.unanswered) return null;

      const unplaced = serverMessage(session, message._id, newReply);
      const { reply, appended } = await this.appender.appendReply(
        session,
        unplaced,
        session.lastSeq,
        deadline,
      );
      const settled = await this.#settle(session, { message, reply });
      return settled && appended ? toMessage(reply) : null;
    });
  }

  /** What follows once the messages are stored. Null if the session was deleted meanwhile: then they are gone too. */
  async #settle(session: SessionDocument, { message, reply }: Exchange): Promise<Settled | null> {
    const settled = await this.sessions.settle(session, reply ?? message);
    if (!settled) await this.messages.deleteAll(session.key);
    else if (reply) this.marks.add(message._id);
    return settled;
  }
}

function sessionChange(created: boolean, named: boolean): StoredExchange['sessionChange'] {
  if (created) return 'created';
  return named ? 'renamed' : null;
}
