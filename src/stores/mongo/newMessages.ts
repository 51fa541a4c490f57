import { ChatError } from '../../domain/errors';
import type { MessageDocument } from '../../models/messageModel';
import type { SessionDocument } from '../../models/sessionModel';
import type { NewExchange, NewReplyContent } from '../chatStore';
import type { Exchange } from './messageRecords';

/** A message that still lacks its place in the session. */
export type Unplaced = Omit<MessageDocument, 'seq'>;

/** A user message and the reply it comes with, if any, which still lack their places. */
export interface UnplacedExchange {
  message: Unplaced;
  reply: Unplaced | null;
}

export function unplacedExchange(session: SessionDocument, exchange: NewExchange): UnplacedExchange {
  const { messageId, ...content } = exchange.message;
  const message: Unplaced = {
    ...inSession(session),
    _id: messageId,
    sender: 'user',
    ...content,
    unanswered: true,
  };
  return { message, reply: exchange.reply ? unplacedReply(session, messageId, exchange.reply) : null };
}

/** The reply to a message of the session. */
export function unplacedReply(session: SessionDocument, replyTo: string, reply: NewReplyContent): Unplaced {
  const { messageId, content, timestamp } = reply;
  return { ...inSession(session), _id: messageId, sender: 'server', content, timestamp, replyTo };
}

/** Gives the exchanges the places that come next, in their order. */
export function placeAfter(lastSeq: number, exchanges: readonly UnplacedExchange[]): Exchange[] {
  let seq = lastSeq;
  return exchanges.map(({ message, reply }) => ({
    message: { ...message, seq: ++seq },
    reply: reply && { ...reply, seq: ++seq },
  }));
}

export function documentsOf({ message, reply }: Exchange): MessageDocument[] {
  return reply ? [message, reply] : [message];
}

/** The place after which the next message goes. */
export function lastSeqOf({ message, reply }: Exchange): number {
  return Math.max(message.seq, reply?.seq ?? 0);
}

export function idTaken({ _id }: Unplaced): ChatError {
  return new ChatError('INTERNAL', { cause: new Error(`There is another message with the id ${_id}`) });
}

function inSession({ _id, key }: SessionDocument): { sessionId: string; sessionKey: string } {
  return { sessionId: _id, sessionKey: key };
}
