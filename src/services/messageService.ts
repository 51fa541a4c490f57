import { ChatError } from '../domain/errors';
import type { MessagePage, MessageQuery } from '../domain/message';
import { promptOf, type Responder } from '../responders/responder';
import type { MessageStore, NewReplyContent, StoredExchange } from '../stores/chatStore';
import { type Clock, timestampOf } from '../utils/clock';
import type { Logger } from '../utils/logger';
import { uuidv7 } from '../utils/uuid';
import type { Origin, Publisher } from './publisher';
import type { ReplyService } from './replyService';

export interface Sending {
  userId: string;
  sessionId: string;
  content: string;
  clientMessageId?: string;
}

export interface MessageDependencies {
  store: MessageStore;
  publisher: Publisher;
  responder: Responder;
  replies: ReplyService;
  logger: Logger;
  clock: Clock;
}

/** Takes messages, and reads them back. */
export class MessageService {
  constructor(private readonly dependencies: MessageDependencies) {}

  /**
   * Stores a user message, with its reply if the responder answers at once, and then tells everyone in the session.
   * `acknowledge` is called when all is on disk, before anyone is told. A repeated `clientMessageId` is acknowledged with
   * the first result and told to nobody. Throws `NOT_FOUND` if the session is another user's. What is stored after all, although
   * this has thrown `UNAVAILABLE`, is told as well.
   */
  async send(
    sending: Sending,
    origin: Origin,
    acknowledge: (stored: StoredExchange) => void = () => {},
  ): Promise<StoredExchange> {
    const { userId, sessionId, ...message } = sending;
    const timestamp = timestampOf(this.dependencies.clock());
    // Before the reply's id, so that the two sort as they are stored.
    const messageId = uuidv7();
    const reply = this.immediateReply(sending, timestamp);
    const exchange = {
      userId,
      sessionId,
      message: { messageId, timestamp, ...message },
      ...(reply && { reply }),
    };
    const stored = await this.dependencies.store.appendExchange(exchange, (late) => {
      if (late) this.publish(userId, late, origin);
    });
    if (!stored) throw new ChatError('NOT_FOUND');
    acknowledge(stored);
    this.publish(userId, stored, origin);
    return stored;
  }

  /** Throws `NOT_FOUND` if the session isn't the user's. */
  async page(userId: string, sessionId: string, query: MessageQuery): Promise<MessagePage> {
    const page = await this.dependencies.store.readMessages(userId, sessionId, query);
    if (!page) throw new ChatError('NOT_FOUND');
    return page;
  }

  /** A responder that fails costs nobody the message: it is stored without a reply, and asked about again later. */
  private immediateReply(sending: Sending, timestamp: string): NewReplyContent | null {
    const { responder, logger } = this.dependencies;
    if (responder.kind !== 'immediate') return null;
    try {
      const content = responder.respond(promptOf(sending.userId, sending));
      return { messageId: uuidv7(), content, timestamp };
    } catch (error) {
      logger.error({ err: error }, 'the responder failed');
      return null;
    }
  }

  private publish(userId: string, stored: StoredExchange, origin: Origin): void {
    const { publisher, replies } = this.dependencies;
    const { message, reply, sessionChange, duplicate } = stored;
    if (duplicate) return;
    if (sessionChange) publisher.sessionChanged(sessionChange.type, sessionChange.session, origin);
    publisher.messagesStored(userId, message.sessionId, reply ? [message, reply] : [message], origin);
    if (!reply) replies.answer({ userId, message });
  }
}
