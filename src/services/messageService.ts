import { ChatError } from '../domain/errors';
import type { Draft, Message, MessagePage, MessageQuery } from '../domain/message';
import { promptOf, type Responder } from '../responders/responder';
import type {
  AnsweredMessage,
  DraftStore,
  MessageStore,
  NewExchange,
  NewReplyContent,
  OnStored,
  SessionStore,
  StoredExchange,
} from '../stores/chatStore';
import { type Clock, timestampOf } from '../utils/clock';
import type { Logger } from '../utils/logger';
import { uuidv7 } from '../utils/uuid';
import type { MessageChecks, SessionAccess } from './hooks';
import type { Publisher, StoredMessages } from './publisher';
import type { Replies } from './replies/replyService';
import type { DailyTokens } from './replies/usage';

export interface Sending {
  userId: string;
  sessionId: string;
  content: string;
  clientMessageId?: string;
  /** The `messageId` of the message that it is an edited version of. */
  replaces?: string;
}

export interface SendOptions {
  /** The sending socket. It gets its message in the acknowledgement, not as an event. */
  exceptSocket?: string;
  /** Called once the message is on disk, before it is published. */
  onStored?: (stored: StoredExchange) => void;
}

/** A further reply to a message is made, or was asked for before. */
export interface Regenerated {
  variant: number;
  isRepeated: boolean;
}

export interface MessageDependencies {
  store: MessageStore & Pick<SessionStore, 'findSession'> & Pick<DraftStore, 'findDrafts' | 'queueVariant'>;
  publisher: Publisher;
  responder: Responder;
  replies: Pick<Replies, 'answer' | 'drafts' | 'scheduleSweep' | 'stopReply'>;
  /** Null without a limit. */
  dailyTokens: DailyTokens | null;
  /** Null without hooks. */
  checks: MessageChecks | null;
  access: SessionAccess;
  logger: Logger;
  clock: Clock;
}

/** Stores and reads messages. */
export class MessageService {
  constructor(private readonly dependencies: MessageDependencies) {}

  /**
   * Stores a user message, once the hooks of the app allow it. `store` is called with the message as it is to be stored, and must call
   * `store` of this service. Messages of a session are passed to it in the order of the calls. Throws, except for a repeat, `RATE_LIMITED` if
   * the user has no tokens left today, and what the hooks throw.
   */
  send(
    sending: Sending,
    store: (checked: Sending) => Promise<StoredExchange> = (checked) => this.store(checked),
  ): Promise<StoredExchange> {
    const { dailyTokens, checks } = this.dependencies;
    // Without a promise in between: most servers have neither.
    return dailyTokens || checks ? this.sendChecked(sending, store) : store(sending);
  }

  private async sendChecked(
    sending: Sending,
    store: (checked: Sending) => Promise<StoredExchange>,
  ): Promise<StoredExchange> {
    await this.requireTokens(sending.userId, () => this.isRepeat(sending));
    const { checks } = this.dependencies;
    return checks ? checks.run(sending, store) : store(sending);
  }

  /**
   * Stores a message that `send` has passed on, together with its reply if the responder is immediate, and then publishes both to the session.
   * `onStored` is called once they are on disk, in the order of `seq`, before they are published, and also if the message is stored
   * after this was rejected with `UNAVAILABLE`. A repeated `clientMessageId` is acknowledged with the first result and not stored.
   * Throws `NOT_FOUND` if the session belongs to another user, and `VALIDATION_FAILED` if it has no user message with the id `replaces`.
   */
  async store(
    sending: Sending,
    { exceptSocket, onStored = () => {} }: SendOptions = {},
  ): Promise<StoredExchange> {
    const { userId, sessionId, ...message } = sending;
    const now = this.dependencies.clock();
    const timestamp = timestampOf(now);
    // Created before the reply's id, so that the ids sort in the order of `seq`.
    const messageId = uuidv7(now);
    const reply = this.immediateReply(sending, now);
    const exchange = {
      userId,
      sessionId,
      message: { messageId, timestamp, ...message },
      ...(reply && { reply }),
    };
    let isAcknowledged = false;
    let onAcknowledged = () => {};
    const result = await this.append(exchange, (stored, session, sessionKey) => {
      const acknowledge = () => {
        isAcknowledged = true;
        onStored(stored);
        onAcknowledged();
      };
      this.publish({ session, sessionKey, exceptSocket, acknowledge }, stored);
    });
    if (!result) throw new ChatError('NOT_FOUND');
    // Messages that other nodes have stored may have to be emitted first.
    if (!isAcknowledged) {
      await new Promise<void>((resolve) => {
        onAcknowledged = resolve;
      });
    }
    return result;
  }

  /** Throws `NOT_FOUND` if the session does not belong to the user, and `FORBIDDEN` if the app denies it. */
  async page(userId: string, sessionId: string, query: MessageQuery): Promise<MessagePage> {
    await this.dependencies.access.require(userId, 'read', sessionId);
    return this.pageOfOpened(userId, sessionId, query);
  }

  /** A page of a session that was opened before for the user, so that the app has allowed it. Throws `NOT_FOUND` if it was deleted. */
  async pageOfOpened(userId: string, sessionId: string, query: MessageQuery): Promise<MessagePage> {
    const page = await this.dependencies.store.readMessages(userId, sessionId, query);
    if (!page) throw new ChatError('NOT_FOUND');
    return page;
  }

  /**
   * Stops the reply to a message, also one that has not begun, and stores what has arrived of it. Returns the reply, which may be a complete
   * one; null if it could not be stored in time. Throws `NOT_FOUND` if the session of the user has no such message, and `FORBIDDEN`.
   */
  async stopReply(userId: string, sessionId: string, replyTo: string): Promise<Message | null> {
    await this.dependencies.access.require(userId, 'send', sessionId);
    return this.stop(userId, sessionId, replyTo);
  }

  private async stop(userId: string, sessionId: string, replyTo: string): Promise<Message | null> {
    const { store, replies } = this.dependencies;
    const found = await store.findReply(userId, sessionId, replyTo);
    if (!found) throw new ChatError('NOT_FOUND');
    if (found.openVariant === null && found.reply) return found.newestReply;
    return replies.stopReply({ userId, sessionId, replyTo, variant: found.openVariant ?? 1 });
  }

  /**
   * Makes a further reply to a message: `variant` is the number after the newest one, which is 1 for the first reply. If it is the newest
   * one, it was asked for before, and nothing happens. Throws `CONFLICT` for any other number, and while the newest one is being made;
   * `NOT_FOUND` if the session of the user has no such message; `RATE_LIMITED` if the user has no tokens left today; `FORBIDDEN` if the app denies it.
   */
  async regenerate(
    userId: string,
    sessionId: string,
    replyTo: string,
    variant: number,
  ): Promise<Regenerated> {
    const { store, replies, responder, clock, access } = this.dependencies;
    await access.require(userId, 'send', sessionId);
    const found = await store.findReply(userId, sessionId, replyTo);
    if (!found) throw new ChatError('NOT_FOUND');
    if (responder.kind === 'immediate') return this.answerAgain(userId, found, variant);
    await this.requireTokens(userId, () => this.isKnownVariant(found, variant));
    const now = timestampOf(clock());
    const result = await store.queueVariant({ userId, sessionId, replyTo, variant }, now);
    if (result === null) throw new ChatError('NOT_FOUND');
    if (result === 'conflict') throw wrongVariantError();
    if (result === 'queued') replies.answer({ userId, message: found.message, variant });
    return { variant, isRepeated: result === 'repeated' };
  }

  /** Throws `RATE_LIMITED` if the user has no tokens left today, unless the request is a repeat, which costs none. */
  private async requireTokens(userId: string, isRepeat: () => Promise<boolean>): Promise<void> {
    const { dailyTokens } = this.dependencies;
    if (dailyTokens && (await dailyTokens.areSpent(userId)) && !(await isRepeat()))
      throw dailyTokens.refusal();
  }

  private async isRepeat({ userId, sessionId, clientMessageId }: Sending): Promise<boolean> {
    if (clientMessageId === undefined) return false;
    return this.dependencies.store.hasClientMessage(userId, sessionId, clientMessageId);
  }

  /** True if the variant has been asked for, whatever has become of it. */
  private async isKnownVariant(
    { message, newestReply, openVariant }: AnsweredMessage,
    variant: number,
  ): Promise<boolean> {
    if (variant <= Math.max(newestReply?.variant ?? 1, openVariant ?? 1)) return true;
    const drafts = await this.dependencies.store.findDrafts([message.sessionId]);
    return drafts.some((draft) => draft.replyTo === message.messageId && draft.variant >= variant);
  }

  /** An immediate responder needs no queue. */
  private async answerAgain(
    userId: string,
    { message, reply, newestReply }: AnsweredMessage,
    variant: number,
  ): Promise<Regenerated> {
    const { store, publisher, clock } = this.dependencies;
    const newest = newestReply?.variant ?? 1;
    if (variant === newest) return { variant, isRepeated: true };
    const given =
      variant === newest + 1 && reply ? this.immediateReply({ userId, ...message }, clock()) : null;
    if (!given) throw wrongVariantError();
    const { sessionId, messageId: replyTo } = message;
    const stored = await store.appendReply(
      { userId, sessionId, replyTo, variant, ...given },
      (added, session, sessionKey) => publisher.messagesStored({ session, sessionKey, messages: [added] }),
    );
    return { variant, isRepeated: stored === null };
  }

  /** A message that was replaced counts as stopped. If the stop fails, the process that replies to it later sees that it was replaced. */
  private stopReplaced(userId: string, sessionId: string, messageId: string): void {
    this.stop(userId, sessionId, messageId).catch((error: unknown) => {
      this.dependencies.logger.warn({ err: error }, 'stop of a replaced message failed');
    });
  }

  /** The replies that are being made in a session. Throws `NOT_FOUND` if it does not belong to the user. */
  async drafts(userId: string, sessionId: string): Promise<Draft[]> {
    const { store, replies, access } = this.dependencies;
    await access.require(userId, 'read', sessionId);
    if (!(await store.findSession(userId, sessionId))) throw new ChatError('NOT_FOUND');
    return replies.drafts(userId, sessionId);
  }

  /** The regenerated replies of which nothing more comes. They are among `drafts`, but change no more. */
  async failedDrafts(userId: string, sessionId: string): Promise<Draft[]> {
    const { responder, replies } = this.dependencies;
    if (responder.kind === 'immediate') return [];
    const found = await replies.drafts(userId, sessionId);
    return found.filter(({ state }) => state === 'failed');
  }

  /** The database may have stored a message although the call failed. The reply service then finds it there. */
  private async append(
    exchange: NewExchange,
    onStored: OnStored<StoredExchange>,
  ): Promise<StoredExchange | null> {
    const { store, replies } = this.dependencies;
    try {
      return await store.appendExchange(exchange, onStored);
    } catch (error) {
      if (!exchange.reply) replies.scheduleSweep();
      throw error;
    }
  }

  /** If the responder fails, the message is stored without a reply, and the reply service asks it again. */
  private immediateReply(sending: Sending, now: number): NewReplyContent | null {
    const { responder, logger } = this.dependencies;
    if (responder.kind !== 'immediate') return null;
    try {
      const content = responder.respond(promptOf(sending.userId, sending));
      return { messageId: uuidv7(now), content, timestamp: timestampOf(now) };
    } catch (error) {
      logger.error({ err: error }, 'reply failed');
      return null;
    }
  }

  private publish(sent: Omit<StoredMessages, 'messages'>, stored: StoredExchange): void {
    const { publisher, replies } = this.dependencies;
    const { session, exceptSocket } = sent;
    const { message, reply, sessionChange, duplicate } = stored;
    const published = { ...sent, messages: reply ? [message, reply] : [message] };
    if (sessionChange) publisher.sessionChanged(sessionChange.type, sessionChange.session, exceptSocket);
    if (duplicate) publisher.messagesRepeated(published);
    else publisher.messagesStored(published);
    // First, so that the reply to the version before doesn't keep the other one waiting.
    if (message.replaces !== undefined) this.stopReplaced(session.userId, session.id, message.replaces);
    if (!reply) replies.answer({ userId: session.userId, message });
  }
}

function wrongVariantError(): ChatError {
  return new ChatError('CONFLICT', {
    detail:
      'The newest reply to this message has another number, or is still being made. Read the messages and drafts again, and ask for the next number.',
  });
}
