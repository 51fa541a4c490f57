import type { Joined } from '../../src/domain/events';
import type { Message, MessagePage } from '../../src/domain/message';
import type { Session } from '../../src/domain/session';
import { Backoff, pause, type Waits } from './backoff';
import type { SubscribeOptions, Subscription } from './chatClient';
import { ChatClientError, isPassing, toChatClientError } from './chatClientError';
import type { Link } from './link';
import { callListener } from './listeners';

export interface FollowerDependencies {
  waits: Waits;
  findSession(sessionId: string): Promise<Session>;
  /** Reads what comes after this `seq`, or the first page of it. */
  readAfter(sessionId: string, seq: number): Promise<MessagePage>;
  /** The link that there is now. */
  link(): Link | null;
  /** Called once, when it has ended. */
  ended(follower: Follower): void;
  /** Called when its session turns out to have been deleted. */
  deleted(sessionId: string): void;
  /** Told of the failure if the subscriber doesn't listen to failures. */
  failed(error: ChatClientError): void;
}

/**
 * Delivers the messages of a session, each once and in the order of `seq`: live ones as they come, and what was missed by
 * asking for what comes after the last one that was delivered.
 */
export class Follower implements Subscription {
  /** Null until it is known where to begin. */
  private position: number | null;
  /** What came before one that is missing. */
  private readonly early = new Map<number, Message>();
  /** The session that is followed: another one may get its id after it is deleted. */
  private session: Session | null = null;
  /** Resolves when it is known, on the latest link, whether the session is still there. */
  looked: Promise<void> = Promise.resolve();
  private catchingUpOn: Link | null = null;
  private joinedOn: Link | null = null;
  private isClosed = false;

  constructor(
    readonly sessionId: string,
    private readonly options: SubscribeOptions,
    private readonly dependencies: FollowerDependencies,
  ) {
    this.position = options.after ?? null;
  }

  get lastSeq(): number {
    return this.position ?? 0;
  }

  /** Takes a message that came live or in an answer. */
  offer(message: Message): void {
    if (this.isClosed) return;
    this.early.set(message.seq, message);
    this.deliver();
    const link = this.dependencies.link();
    if (this.early.size > 0 && link && this.session) void this.catchUp(link);
  }

  /** Joins on a new link, and reads what was missed. Resolves when it is known whether the session is still there. */
  resume(link: Link): Promise<void> {
    if (this.catchingUpOn === link) return this.looked;
    this.looked = new Promise((resolve) => {
      void this.catchUp(link, resolve).then(resolve);
    });
    return this.looked;
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.early.clear();
    this.dependencies.ended(this);
  }

  /** Ends it with a failure that the subscriber is told. */
  fail(error: ChatClientError): void {
    if (this.isClosed) return;
    this.close();
    const { onError } = this.options;
    if (onError) callListener(() => onError(error));
    else this.dependencies.failed(error);
  }

  private deliver(): void {
    if (this.position === null) return;
    for (const seq of this.early.keys()) if (seq <= this.position) this.early.delete(seq);
    for (let next = this.take(); next; next = this.take()) {
      const message = next;
      callListener(() => this.options.onMessage(message));
    }
  }

  /** The message that is due, if it is there. */
  private take(): Message | undefined {
    const seq = this.lastSeq + 1;
    const message = this.early.get(seq);
    if (!message) return undefined;
    this.early.delete(seq);
    this.position = seq;
    return message;
  }

  /** Reads what is missing, for as long as the link is open. */
  private async catchUp(link: Link, onLooked = () => {}): Promise<void> {
    if (this.catchingUpOn === link) return;
    this.catchingUpOn = link;
    const backoff = new Backoff(this.dependencies.waits);
    let isComplete = false;
    while (!isComplete && !this.isClosed && link.isOpen) {
      try {
        await this.look();
        onLooked();
        // Joining could make it anew, for nobody.
        if (this.isClosed) break;
        await this.read(link);
        isComplete = this.early.size === 0;
        if (!isComplete) await pause(backoff.next(), link.ended);
      } catch (error) {
        await this.afterFailure(link, toChatClientError(error), backoff);
      }
    }
    if (this.catchingUpOn === link) this.catchingUpOn = null;
  }

  private async afterFailure(link: Link, error: ChatClientError, backoff: Backoff): Promise<void> {
    // The next link resumes.
    if (!link.isOpen) return;
    if (isPassing(error)) await pause(backoff.next(error.retryAfterMs), link.ended);
    else this.fail(error);
  }

  private async read(link: Link): Promise<void> {
    let page = await (this.joinedOn === link ? this.readOn() : this.join(link));
    this.offerAll(page);
    while (page.hasMore && !this.isClosed) {
      page = await this.readOn();
      this.offerAll(page);
    }
  }

  /** Only once on each link, right after a look: joining makes a session that isn't there any more. */
  private async join(link: Link): Promise<Joined> {
    const joined = await link.join({ sessionId: this.sessionId, after: this.lastSeq });
    this.recognize(joined.session);
    this.joinedOn = link;
    return joined;
  }

  private readOn(): Promise<MessagePage> {
    return this.dependencies.readAfter(this.sessionId, this.lastSeq);
  }

  private offerAll({ messages = [] }: Partial<MessagePage>): void {
    for (const message of messages) this.offer(message);
    // What came before the position was known.
    this.deliver();
  }

  private async look(): Promise<void> {
    try {
      const found = await this.dependencies.findSession(this.sessionId);
      this.recognize(found);
      this.position ??= found.lastSeq;
    } catch (error) {
      const isGone = error instanceof ChatClientError && error.code === 'NOT_FOUND';
      if (isGone && this.session) this.dependencies.deleted(this.sessionId);
      throw error;
    }
  }

  /** Throws `NOT_FOUND` if it isn't the session any more that was followed so far. */
  private recognize(session: Session): void {
    if (this.session && this.session.createdAt !== session.createdAt) throw sessionDeleted();
    this.session = session;
  }
}

/** The failure of what is for a session that was deleted. */
export function sessionDeleted(): ChatClientError {
  return new ChatClientError('NOT_FOUND', 'This session was deleted.', { status: 404 });
}
