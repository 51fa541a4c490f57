import {
  type Message,
  type MessagePage,
  type MessageQuery,
  type RareFields,
  rareFieldsOf,
} from '../../domain/message';
import type { MessageDocument } from '../../models/messageModel';
import type { Models } from '../../models/models';
import type { SessionDocument } from '../../models/sessionModel';
import type { AnsweredMessage, MessageStore, NewExchange, NewReply } from '../chatStore';
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

  findReply(messageId: string, variant = 1): Promise<MessageDocument | null> {
    const reply = variant === 1 ? { replyTo: messageId } : { variantOf: messageId, 'extra.variant': variant };
    return this.models.messages.findOne(reply).lean().exec();
  }

  /** Null if the session has no user message with this id. */
  async findAnswered(sessionKey: string, messageId: string): Promise<AnsweredMessage | null> {
    const { messages, drafts } = this.models;
    const [message, reply, newest, replacing, queued] = await Promise.all([
      this.find(sessionKey, messageId),
      this.findReply(messageId),
      messages.findOne({ variantOf: messageId }).sort({ 'extra.variant': -1 }).lean(),
      messages.exists({ 'extra.replaces': messageId }),
      drafts.findOne({ queued: true, replyTo: messageId }, { variant: 1 }).lean(),
    ]);
    if (message?.sender !== 'user') return null;
    const newestReply = newest ?? reply;
    return {
      message: toMessage(message),
      reply: reply && toMessage(reply),
      newestReply: newestReply && toMessage(newestReply),
      openVariant: queued?.variant ?? null,
      isReplaced: replacing !== null,
    };
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

  /** True if the session has a user message before this one whose reply is not stored. */
  async hasEarlierUnanswered(sessionKey: string, messageId: string): Promise<boolean> {
    const marked = await this.models.messages
      .find({ unanswered: true, _id: { $lt: messageId }, sessionKey }, { _id: 1 })
      .lean();
    if (marked.length === 0) return false;
    // A mark stays for a moment after the reply is stored.
    const replies = await this.findReplies(marked.map(({ _id }) => _id));
    return replies.size < marked.length;
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

/** Finds one message of a session of the user. */
export function createMessageQueries(
  sessions: SessionRepository,
  messages: MessageRepository,
): Pick<MessageStore, 'findReply' | 'hasClientMessage'> {
  return {
    async hasClientMessage(userId, sessionId, clientMessageId) {
      const session = await sessions.find(sessionId);
      if (session?.userId !== userId) return false;
      return (await messages.findExchange(session.key, clientMessageId)) !== null;
    },
    async findReply(userId, sessionId, messageId) {
      const session = await sessions.find(sessionId);
      return session?.userId === userId ? messages.findAnswered(session.key, messageId) : null;
    },
  };
}

export function toMessage(document: MessageDocument): Message {
  const { _id, sessionId, seq, sender, content, timestamp, clientMessageId, extra } = document;
  const replyTo = document.replyTo ?? document.variantOf;
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

/** The fields of a document that depend on what kind of message it is. */
export function kindFieldsOf(
  message: RareFields & { replyTo?: string },
): Pick<MessageDocument, 'replyTo' | 'variantOf' | 'extra'> {
  const { replyTo, variant } = message;
  const extra = rareFieldsOf(message);
  return {
    ...(replyTo !== undefined && (variant === undefined ? { replyTo } : { variantOf: replyTo })),
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}

export function unsequencedExchange(session: SessionDocument, exchange: NewExchange): UnsequencedExchange {
  const { messageId, replaces, ...content } = exchange.message;
  const message: Unsequenced = {
    ...sessionFields(session),
    _id: messageId,
    sender: 'user',
    ...content,
    ...(replaces !== undefined && kindFieldsOf({ replaces })),
    unanswered: true,
  };
  const reply = exchange.reply && unsequencedReply(session, { ...exchange.reply, replyTo: messageId });
  return { message, reply: reply ?? null };
}

/** The reply to a message of the session. */
export function unsequencedReply(
  session: SessionDocument,
  { messageId, content, timestamp, ...fields }: Omit<NewReply, 'userId' | 'sessionId'>,
): Unsequenced {
  const message = { ...sessionFields(session), _id: messageId, content, timestamp };
  return { ...message, sender: 'server', ...kindFieldsOf(fields) };
}

function sessionFields({ _id, key }: SessionDocument): { sessionId: string; sessionKey: string } {
  return { sessionId: _id, sessionKey: key };
}
