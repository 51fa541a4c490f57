import type { Message } from '../../domain/message';
import type { Session } from '../../domain/session';
import type { NewExchange, StoredExchange } from '../chatStore';

/** An exchange as the thread of the database answers it: without what whoever sent it knows, which would travel back for nothing. */
export interface AppendedExchange {
  session: Session;
  sessionChange: StoredExchange['sessionChange'];
  /** What the `clientMessageId` was used for before; null if the exchange is new. */
  earlier: { message: Message; reply: Message | null } | null;
}

/** The whole exchange: its messages are the last ones of the session, unless they were there before. */
export function completed(exchange: NewExchange, appended: AppendedExchange): StoredExchange {
  const { session, sessionChange, earlier } = appended;
  if (earlier) return { session, sessionChange, duplicate: true, ...earlier };
  const { sessionId } = exchange;
  const replySeq = session.lastSeq;
  const message: Message = {
    sessionId,
    ...exchange.message,
    seq: exchange.reply ? replySeq - 1 : replySeq,
    sender: 'user',
  };
  const reply: Message | null = exchange.reply
    ? { sessionId, ...exchange.reply, seq: replySeq, sender: 'server', replyTo: message.messageId }
    : null;
  return { session, sessionChange, duplicate: false, message, reply };
}
