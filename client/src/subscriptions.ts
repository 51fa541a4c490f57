import type { Joined } from '../../src/domain/events';
import type { DraftDelta, Message, MessagePage } from '../../src/domain/message';
import type { Session } from '../../src/domain/session';
import { Backoff, type BackoffOptions, sleep } from './backoff';
import type { SubscribeOptions, Subscription } from './chatClient';
import {
  type ChatClientError,
  hasCode,
  isRetryable,
  sessionDeletedError,
  toChatClientError,
} from './chatClientError';
import { callListener } from './listeners';
import { SessionDrafts } from './sessionDrafts';
import type { SocketConnection } from './socketConnection';

export interface SubscriptionDependencies {
  backoff: BackoffOptions;
  findSession(sessionId: string): Promise<Session>;
  /** Reads the messages after this `seq`, or the first page of them. */
  readAfter(sessionId: string, seq: number): Promise<MessagePage>;
  /** The open connection, if there is one. */
  connection(): SocketConnection | null;
  /** Called when a subscribed session turns out to be deleted. */
  onDeleted(sessionId: string): void;
  /** Receives the errors of subscriptions without an `onError` listener. */
  onError(error: ChatClientError): void;
}

/** All subscriptions of a client. */
export class Subscriptions {
  private readonly all = new Set<SessionSubscription>();

  constructor(private readonly core: SubscriptionDependencies) {}

  open(sessionId: string, options: SubscribeOptions): Subscription {
    const subscription = new SessionSubscription(sessionId, options, this.core, () =>
      this.remove(subscription),
    );
    this.all.add(subscription);
    const connection = this.core.connection();
    if (connection) void subscription.resume(connection);
    return subscription;
  }

  resume(connection: SocketConnection): void {
    for (const subscription of this.all) void subscription.resume(connection);
  }

  /** Resolves when it is known, for the current connection, whether a session with subscriptions still exists. */
  async checked(sessionId: string): Promise<void> {
    await Promise.all(this.find(sessionId).map(({ checked }) => checked));
  }

  receive(message: Message): void {
    for (const subscription of this.find(message.sessionId)) subscription.receive(message);
  }

  receiveDelta(delta: DraftDelta): void {
    for (const subscription of this.find(delta.sessionId)) subscription.receiveDelta(delta);
  }

  /** The largest number of a reply to this message that a subscription has delivered, also as a draft; 1 if it knows of none. */
  newestVariant(sessionId: string, messageId: string): number {
    return Math.max(1, ...this.find(sessionId).map((each) => each.variants.get(messageId) ?? 1));
  }

  /** Ends the subscriptions of a session, or all of them, with an error. */
  fail(error: ChatClientError, sessionId?: string): void {
    for (const subscription of this.find(sessionId)) subscription.fail(error);
  }

  close(): void {
    for (const subscription of [...this.all]) subscription.close();
  }

  private find(sessionId?: string): SessionSubscription[] {
    return [...this.all].filter((each) => !sessionId || each.sessionId === sessionId);
  }

  private remove(subscription: SessionSubscription): void {
    this.all.delete(subscription);
    const { sessionId } = subscription;
    const connection = this.core.connection();
    // A failed leave is harmless: messages without a subscription are ignored.
    if (connection && this.find(sessionId).length === 0) connection.leave(sessionId).catch(() => {});
  }
}

/**
 * Delivers the messages of a session once and in `seq` order. Live messages are delivered as they arrive; a gap is filled by
 * reading what follows the last message delivered.
 */
class SessionSubscription implements Subscription {
  /** The largest number of a regenerated reply, by the id of the user message. */
  readonly variants = new Map<string, number>();
  /** The last `seq` delivered. Null until the start position is known. */
  private position: number | null;
  /** Messages after a gap, by `seq`. */
  private readonly buffered = new Map<number, Message>();
  /** Detects that the session was deleted and another one created with its id. */
  private session: Session | null = null;
  /** Resolves when it is known, for the latest connection, whether the session still exists. */
  checked: Promise<void> = Promise.resolve();
  private catchingUpOn: SocketConnection | null = null;
  private joinedOn: SocketConnection | null = null;
  private isClosed = false;
  /** Null if there is no `onDraft` listener. */
  private readonly drafts: SessionDrafts | null;
  private isReadingDrafts = false;

  constructor(
    readonly sessionId: string,
    private readonly options: SubscribeOptions,
    private readonly core: SubscriptionDependencies,
    private readonly onClose: () => void,
  ) {
    this.position = options.after ?? null;
    const { onDraft } = options;
    this.drafts = onDraft
      ? new SessionDrafts((draft) => {
          // A join may be answered after it.
          if (this.isClosed) return;
          this.countVariant(draft);
          callListener(() => onDraft(draft));
        })
      : null;
  }

  get lastSeq(): number {
    return this.position ?? 0;
  }

  /** Accepts a message from a live event, an acknowledgement or a page of history. */
  receive(message: Message): void {
    if (this.isClosed) return;
    this.buffered.set(message.seq, message);
    this.deliver();
    const connection = this.core.connection();
    if (this.buffered.size > 0 && connection && this.session) void this.catchUp(connection);
  }

  /** Accepts a piece of a draft. The server sends none before the join was acknowledged. */
  receiveDelta(delta: DraftDelta): void {
    if (this.isClosed || this.drafts === null || this.drafts.receive(delta)) return;
    const connection = this.core.connection();
    if (connection) void this.readDrafts(connection);
  }

  /** Joins the session on a new connection and reads what was missed. Resolves when it is known whether the session exists. */
  resume(connection: SocketConnection): Promise<void> {
    if (this.catchingUpOn === connection) return this.checked;
    this.checked = new Promise((resolve) => {
      void this.catchUp(connection, resolve).then(resolve);
    });
    return this.checked;
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.buffered.clear();
    this.onClose();
  }

  fail(error: ChatClientError): void {
    if (this.isClosed) return;
    this.close();
    const { onError } = this.options;
    if (onError) callListener(() => onError(error));
    else this.core.onError(error);
  }

  private deliver(): void {
    if (this.position === null) return;
    for (const seq of this.buffered.keys()) if (seq <= this.position) this.buffered.delete(seq);
    for (let next = this.takeNext(); next; next = this.takeNext()) {
      const message = next;
      this.drafts?.end(message);
      this.countVariant(message);
      callListener(() => this.options.onMessage(message));
    }
  }

  private countVariant({ replyTo, variant = 1 }: Pick<Message, 'replyTo' | 'variant'>): void {
    if (replyTo === undefined || variant <= (this.variants.get(replyTo) ?? 1)) return;
    this.variants.set(replyTo, variant);
  }

  private takeNext(): Message | undefined {
    const seq = this.lastSeq + 1;
    const message = this.buffered.get(seq);
    if (!message) return undefined;
    this.buffered.delete(seq);
    this.position = seq;
    return message;
  }

  /** Reads missing messages until there is no gap or the connection is closed. */
  private async catchUp(connection: SocketConnection, onChecked = () => {}): Promise<void> {
    if (this.catchingUpOn === connection) return;
    this.catchingUpOn = connection;
    const backoff = new Backoff(this.core.backoff);
    let isComplete = false;
    while (!isComplete && !this.isClosed && connection.isOpen) {
      try {
        await this.checkExists();
        onChecked();
        // Joining would recreate a session that was deleted after the subscription was closed.
        if (this.isClosed) break;
        await this.readMissing(connection);
        isComplete = this.buffered.size === 0;
        if (!isComplete) await sleep(backoff.nextDelay(), connection.closing);
      } catch (error) {
        await this.handleError(connection, toChatClientError(error), backoff);
      }
    }
    if (this.catchingUpOn === connection) this.catchingUpOn = null;
  }

  private async handleError(
    connection: SocketConnection,
    error: ChatClientError,
    backoff: Backoff,
  ): Promise<void> {
    // The next connection resumes.
    if (!connection.isOpen) return;
    if (isRetryable(error)) await sleep(backoff.nextDelay(error.retryAfterMs), connection.closing);
    else this.fail(error);
  }

  private async readMissing(connection: SocketConnection): Promise<void> {
    let page = await (this.joinedOn === connection ? this.readNextPage() : this.join(connection));
    this.receiveAll(page);
    while (page.hasMore && !this.isClosed) {
      page = await this.readNextPage();
      this.receiveAll(page);
    }
  }

  /** Once per connection, immediately after `checkExists`: joining a deleted session would recreate it. */
  private async join(connection: SocketConnection): Promise<Joined> {
    const joined = await connection.join({ sessionId: this.sessionId, after: this.lastSeq });
    this.verifySame(joined.session);
    this.joinedOn = connection;
    this.drafts?.reset(joined.drafts ?? []);
    return joined;
  }

  /** Joins again, for drafts of which a piece is missing. If it fails, the next piece is another occasion. */
  private async readDrafts(connection: SocketConnection): Promise<void> {
    if (this.isReadingDrafts) return;
    this.isReadingDrafts = true;
    try {
      await this.checkExists();
      if (this.isClosed) return;
      const { drafts = [] } = await connection.join({ sessionId: this.sessionId });
      this.drafts?.reset(drafts);
    } catch {
      // The connection has closed, or the session was deleted, which its own event reports.
    } finally {
      this.isReadingDrafts = false;
    }
  }

  private readNextPage(): Promise<MessagePage> {
    return this.core.readAfter(this.sessionId, this.lastSeq);
  }

  private receiveAll({ messages = [] }: Partial<MessagePage>): void {
    for (const message of messages) this.receive(message);
    // Live messages may have arrived before the position was known.
    this.deliver();
  }

  private async checkExists(): Promise<void> {
    try {
      const session = await this.core.findSession(this.sessionId);
      this.verifySame(session);
      this.position ??= session.lastSeq;
    } catch (error) {
      if (this.session && hasCode(error, ['NOT_FOUND'])) this.core.onDeleted(this.sessionId);
      throw error;
    }
  }

  /** Throws `NOT_FOUND` if the session was deleted and another one created with its id. */
  private verifySame(session: Session): void {
    if (this.session && this.session.createdAt !== session.createdAt) throw sessionDeletedError();
    this.session = session;
  }
}
