import { ChatError } from '../../domain/errors';
import { CLIENT_ID_INDEX, type MessageDocument, REPLY_INDEX, SEQ_INDEX } from '../../models/messageModel';
import type { SessionDocument } from '../../models/sessionModel';
import type { NewExchange, NewReplyContent } from '../chatStore';
import type { Exchange, MessageRecords } from './messageRecords';
import type { Deadline } from './storeCalls';

/** A message that still lacks its place in the session. */
type Unplaced = Omit<MessageDocument, 'seq'>;

/** `duplicate` if it was there before. */
type AppendedExchange = Exchange & { duplicate: boolean };

/**
 * Gives messages their `seq`: the one after the session's last, and the unique index refuses it if another server was
 * faster. Then the real end is read and the next one tried, so that there is never a gap.
 */
export class Appender {
  constructor(private readonly messages: MessageRecords) {}

  /** Appends the message and the reply it came with, or finds the exchange that its `clientMessageId` names. */
  async appendExchange(
    session: SessionDocument,
    exchange: NewExchange,
    deadline: Deadline,
  ): Promise<AppendedExchange> {
    const message = userMessage(session, exchange);
    const reply = exchange.reply ? serverMessage(session, message._id, exchange.reply) : null;
    for (let lastSeq = session.lastSeq; ; lastSeq = await this.messages.lastSeq(session.key)) {
      deadline.check();
      const placed = { ...message, seq: lastSeq + 1 };
      const placedReply = reply && { ...reply, seq: lastSeq + 2 };
      const refusing = await this.messages.insert(placedReply ? [placed, placedReply] : [placed]);
      if (refusing === null) return { message: placed, reply: placedReply, duplicate: false };

      const stored =
        (await this.#findRepeated(message, refusing)) ??
        (await this.#completeStored(session, message, reply, refusing, deadline));
      if (stored) return stored;
    }
  }

  /** Appends the reply, unless its message has one already: then that is returned, and not `appended`. */
  async appendReply(
    session: SessionDocument,
    reply: Unplaced,
    lastSeqSeen: number,
    deadline: Deadline,
  ): Promise<{ reply: MessageDocument; appended: boolean }> {
    for (let lastSeq = lastSeqSeen; ; lastSeq = await this.messages.lastSeq(session.key)) {
      deadline.check();
      const placed = { ...reply, seq: lastSeq + 1 };
      const refusing = await this.messages.insert([placed]);
      if (refusing === null) return { reply: placed, appended: true };
      if (refusing === SEQ_INDEX) continue;
      const earlier = await this.messages.findReply(reply.replyTo ?? '');
      if (earlier) return { reply: earlier, appended: false };
      if (refusing !== REPLY_INDEX) throw idTaken(reply);
    }
  }

  async #findRepeated(message: Unplaced, refusing: string): Promise<AppendedExchange | null> {
    if (refusing !== CLIENT_ID_INDEX || message.clientMessageId === undefined) return null;
    const earlier = await this.messages.findExchange(message.sessionKey, message.clientMessageId);
    return earlier && { ...earlier, duplicate: true };
  }

  /** The reply alone may have been refused: then the message is stored, and the reply is to follow. */
  async #completeStored(
    session: SessionDocument,
    message: Unplaced,
    reply: Unplaced | null,
    refusing: string,
    deadline: Deadline,
  ): Promise<AppendedExchange | null> {
    const stored = await this.messages.find(session.key, message._id);
    if (!stored && refusing === '_id_') throw idTaken(message);
    if (!stored || !reply) return stored && { message: stored, reply: null, duplicate: false };
    const answered = await this.appendReply(session, reply, stored.seq, deadline);
    return { message: stored, reply: answered.reply, duplicate: false };
  }
}

/** The reply to a message of the session, ready to be appended. */
export function serverMessage(session: SessionDocument, replyTo: string, reply: NewReplyContent): Unplaced {
  const { messageId, content, timestamp } = reply;
  return { ...inSession(session), _id: messageId, sender: 'server', content, timestamp, replyTo };
}

function userMessage(session: SessionDocument, { message }: NewExchange): Unplaced {
  const { messageId, ...content } = message;
  return { ...inSession(session), _id: messageId, sender: 'user', ...content, unanswered: true };
}

function inSession({ _id, key }: SessionDocument): { sessionId: string; sessionKey: string } {
  return { sessionId: _id, sessionKey: key };
}

function idTaken({ _id }: Unplaced): ChatError {
  return new ChatError('INTERNAL', { cause: new Error(`There is another message with the id ${_id}`) });
}
