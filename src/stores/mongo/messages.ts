import {
  type Message,
  type MessagePage,
  type MessageQuery,
  type ReplyDetails,
  replyDetailsOf,
} from '../../domain/message';
import type { MessageDocument } from '../../models/messageModel';
import type { Models } from '../../models/models';
import type { SessionDocument } from '../../models/sessionModel';
import type { MessageStore, NewExchange, NewReplyContent } from '../chatStore';
import type { SessionCache } from './sessionCache';
import type { SessionRepository } from './sessions';

/** A user message and its reply, if it has one. */
export interface Exchange {
  message: MessageDocument;
  reply: MessageDocument | null;
}

/** A message without a `seq`. */
export type Unsequenced = Omit<MessageDocument, 'seq'>;

/** A user message and the reply that it is stored with, if any, both without a `seq`. */
export interface UnsequencedExchange {
  message: Unsequenced;
  reply: Unsequenced | null;
}

/** The queries on message documents. A session is identified by its `key`. */
export class MessageRepository {
  constructor(private readonly models: Models) {}

  find(sessionKey: string, messageId: string): Promise<MessageDocument | null> {
    return this.models.messages.findOne({ _id: messageId, sessionKey }).lean().exec();
  }

  findReply(messageId: string): Promise<MessageDocument | null> {
    return this.models.messages.findOne({ replyTo: messageId }).lean().exec();
  }

  async findExchange(sessionKey: string, clientMessageId: string): Promise<Exchange | null> {
    const message = await this.models.messages.findOne({ sessionKey, clientMessageId }).lean();
    return message && { message, reply: await this.findReply(message._id) };
  }

  /**
   * The last message in the collection, which the session's `lastSeq` may lag behind. Unlike every other read it also finds a message
   * that is not replicated yet, because the next one must not take its `seq`.
   */
  findLast(sessionKey: string): Promise<MessageDocument | null> {
    return this.models.messages.findOne({ sessionKey }).sort({ seq: -1 }).readConcern('local').lean().exec();
  }

  async page(sessionKey: string, { before, after, limit }: MessageQuery): Promise<MessagePage> {
    const forward = after !== undefined;
    const range = forward ? { seq: { $gt: after } } : before !== undefined ? { seq: { $lt: before } } : {};
    const found = await this.models.messages
      .find({ sessionKey, ...range })
      .sort({ seq: forward ? 1 : -1 })
      .limit(limit + 1)
      .lean();
    const messages = found.slice(0, limit).map(toMessage);
    return { messages: forward ? messages : messages.reverse(), hasMore: found.length > limit };
  }

  /** At most `limit` messages after this `seq`, ascending. */
  findAfter(sessionKey: string, seq: number, limit: number): Promise<MessageDocument[]> {
    return this.models.messages
      .find({ sessionKey, seq: { $gt: seq } })
      .sort({ seq: 1 })
      .limit(limit)
      .lean()
      .exec();
  }

  /** User messages that have the `unanswered` mark, of all sessions, oldest first. */
  findMarked(afterId: string, limit: number): Promise<MessageDocument[]> {
    return this.models.messages
      .find({ unanswered: true, _id: { $gt: afterId } })
      .sort({ _id: 1 })
      .limit(limit)
      .lean()
      .exec();
  }

  /** Returns the replies to these messages, by the id of the message. */
  async findReplies(messageIds: string[]): Promise<Map<string, MessageDocument>> {
    const found = await this.models.messages.find({ replyTo: { $in: messageIds } }).lean();
    return new Map(found.map((reply) => [reply.replyTo ?? '', reply]));
  }

  async deleteAll(sessionKey: string, messageIds: string[]): Promise<void> {
    await this.models.messages.deleteMany({ _id: { $in: messageIds }, sessionKey });
  }
}

/** Reads the page by the cached key of the session while it checks who has the session, so that both take one round trip. */
export function createReadMessages(
  cache: SessionCache,
  sessions: SessionRepository,
  messages: MessageRepository,
): MessageStore['readMessages'] {
  return async (userId, sessionId, query) => {
    const cached = cache.get(sessionId);
    const [session, page] = await Promise.all([
      sessions.find(sessionId),
      cached?.userId === userId ? messages.page(cached.key, query) : null,
    ]);
    if (session?.userId !== userId) return null;
    return page && session.key === cached?.key ? page : messages.page(session.key, query);
  };
}

export function createFindReply(
  sessions: SessionRepository,
  messages: MessageRepository,
): MessageStore['findReply'] {
  return async (userId, sessionId, messageId) => {
    const session = await sessions.find(sessionId);
    const message = session?.userId === userId ? await messages.find(session.key, messageId) : null;
    if (message?.sender !== 'user') return null;
    const reply = await messages.findReply(messageId);
    return { reply: reply && toMessage(reply) };
  };
}

export function toMessage(document: MessageDocument): Message {
  const { _id, sessionId, seq, sender, content, timestamp, clientMessageId, replyTo, extra } = document;
  return {
    messageId: _id,
    sessionId,
    seq,
    sender,
    content,
    timestamp,
    ...(clientMessageId !== undefined && { clientMessageId }),
    ...(replyTo !== undefined && { replyTo }),
    ...extra,
  };
}

/** The field of a document with the rare fields of a message. */
export function extraOf(message: ReplyDetails): Pick<MessageDocument, 'extra'> {
  const extra = replyDetailsOf(message);
  return Object.keys(extra).length === 0 ? {} : { extra };
}

export function unsequencedExchange(session: SessionDocument, exchange: NewExchange): UnsequencedExchange {
  const { messageId, ...content } = exchange.message;
  const message: Unsequenced = {
    ...sessionFields(session),
    _id: messageId,
    sender: 'user',
    ...content,
    unanswered: true,
  };
  return { message, reply: exchange.reply ? unsequencedReply(session, messageId, exchange.reply) : null };
}

/** The reply to a message of the session. */
export function unsequencedReply(
  session: SessionDocument,
  replyTo: string,
  { messageId, content, timestamp, ...details }: NewReplyContent,
): Unsequenced {
  const fields = { ...sessionFields(session), _id: messageId, content, timestamp, replyTo };
  return { ...fields, sender: 'server', ...extraOf(details) };
}

function sessionFields({ _id, key }: SessionDocument): { sessionId: string; sessionKey: string } {
  return { sessionId: _id, sessionKey: key };
}
