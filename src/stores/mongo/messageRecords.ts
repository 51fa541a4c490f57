import type { Message, MessagePage, MessageQuery } from '../../domain/message';
import type { MessageDocument } from '../../models/messageModel';
import type { Models } from '../../models/models';

/** A user message and the reply it has, if any. */
export interface Exchange {
  message: MessageDocument;
  reply: MessageDocument | null;
}

/** The message documents. A session is named by its `key` here. */
export class MessageRecords {
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

  /** The real end of the session, 0 if it has no messages. */
  async lastSeq(sessionKey: string): Promise<number> {
    const last = await this.models.messages.findOne({ sessionKey }).sort({ seq: -1 }).lean();
    return last?.seq ?? 0;
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

  /** Removes what was written to a session that is gone. */
  async deleteAll(sessionKey: string): Promise<void> {
    await this.models.messages.deleteMany({ sessionKey });
  }
}

export function toMessage(document: MessageDocument): Message {
  const { _id, sessionId, seq, sender, content, timestamp, clientMessageId, replyTo } = document;
  return {
    messageId: _id,
    sessionId,
    seq,
    sender,
    content,
    timestamp,
    ...(clientMessageId !== undefined && { clientMessageId }),
    ...(replyTo !== undefined && { replyTo }),
  };
}
