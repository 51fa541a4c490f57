import type { Message } from '../../src/domain/message';
import { Backoff, pause, type Waits } from './backoff';
import type { OutgoingMessage } from './chatClient';
import { ChatClientError, isPassing, loggedOut, toChatClientError } from './chatClientError';
import type { Link } from './link';
import { byAge, keyOf, merge, type OutboxStore } from './outboxStore';

/** How long other pages may take to send what is theirs, in milliseconds. */
const ADOPT_AFTER_MS = 10_000;

export interface OutboxDependencies {
  store: OutboxStore;
  waits: Waits;
  /** Who is logged in. */
  userId(): string | null;
  /** The user's connection, as soon as there is one on which this session's messages may be sent. */
  ready(sessionId: string): Promise<Link>;
  /** Sends a message once. */
  transmit(link: Link, message: OutgoingMessage): Promise<Message>;
  changed(): void;
  /** Told of failures that no caller is there to be told of. */
  failed(error: ChatClientError): void;
}

/** A message on its way, and who waits for it: nobody, if an earlier page has sent it. */
interface Pending {
  userId: string;
  message: OutgoingMessage;
  callers: { resolve(message: Message): void; reject(error: ChatClientError): void }[];
}

/**
 * What was sent and isn't known to be stored. Of each session one message is under way at a time, so that they are stored
 * in the order in which they were sent.
 */
export class Outbox {
  private pending: Pending[] = [];
  private adoption: ReturnType<typeof setTimeout> | undefined;
  private isClosed = false;
  private readonly sessionsUnderWay = new Set<string>();

  constructor(private readonly dependencies: OutboxDependencies) {}

  /** Oldest first, those of other pages too. */
  get messages(): readonly OutgoingMessage[] {
    const userId = this.dependencies.userId();
    return userId === null ? [] : merge(this.dependencies.store.read(userId), this.own);
  }

  /** Keeps the message before it is sent for the first time. */
  send(message: OutgoingMessage): Promise<Message> {
    const userId = this.dependencies.userId();
    if (userId === null) return Promise.reject(loggedOut());
    if (this.isClosed) return Promise.reject(closed('Send the message with a new one.'));
    const latest = this.messages.at(-1)?.createdAt ?? '';
    // A clock that was set back changes no order.
    const inOrder = latest > message.createdAt ? { ...message, createdAt: latest } : message;
    return new Promise((resolve, reject) => {
      this.add(userId, inOrder).callers.push({ resolve, reject });
      this.save();
      void this.deliver(message.sessionId);
    });
  }

  /** Sends what other pages of this user have left for at least so long, and gives up what is another user's. */
  adopt(userId: string, minAgeMs = 0): void {
    const strange = this.pending.filter((pending) => pending.userId !== userId);
    this.pending = this.pending.filter((pending) => pending.userId === userId);
    const isLeft = ({ createdAt }: OutgoingMessage) => Date.now() - Date.parse(createdAt) >= minAgeMs;
    for (const message of this.messages.filter(isLeft)) this.add(userId, message);
    this.pending.sort((a, b) => byAge(a.message, b.message));
    for (const { sessionId } of this.own) void this.deliver(sessionId);
    this.giveUp(strange, loggedOut());
  }

  /** Sends what another page has not sent after a while: it may have been closed. */
  adoptLater(): void {
    const userId = this.dependencies.userId();
    if (userId === null || this.adoption || this.messages.length === this.pending.length) return;
    this.adoption = setTimeout(() => {
      this.adoption = undefined;
      if (this.dependencies.userId() === userId) this.adopt(userId, ADOPT_AFTER_MS);
      // Some may have been too young for that.
      this.adoptLater();
    }, ADOPT_AFTER_MS);
  }

  /** Gives up what is in the storage no more: a logout in another tab has dropped it. */
  forgetDropped(userId: string): void {
    const kept = new Set(this.dependencies.store.read(userId).map(keyOf));
    const dropped = this.pending.filter(({ message }) => !kept.has(keyOf(message)));
    this.pending = this.pending.filter((pending) => !dropped.includes(pending));
    rejectAll(dropped, loggedOut());
  }

  /** Gives up what is for this session, or everything. */
  drop(error: ChatClientError, sessionId?: string): void {
    const isDropped = (message: OutgoingMessage) => !sessionId || message.sessionId === sessionId;
    const gone = this.messages.filter(isDropped);
    const dropped = this.pending.filter(({ message }) => isDropped(message));
    this.pending = this.pending.filter((pending) => !dropped.includes(pending));
    this.save(gone);
    this.giveUp(dropped, error);
  }

  /** Tells all who wait that nobody sends any more; the messages stay in the storage. */
  close(): void {
    this.isClosed = true;
    clearTimeout(this.adoption);
    rejectAll(this.pending.splice(0), closed('Its next one on this storage sends the message.'));
  }

  private get own(): OutgoingMessage[] {
    return this.pending.map(({ message }) => message);
  }

  private add(userId: string, message: OutgoingMessage): Pending {
    const key = keyOf(message);
    const known = this.pending.find((pending) => keyOf(pending.message) === key);
    const pending = known ?? { userId, message, callers: [] };
    if (!known) this.pending.push(pending);
    return pending;
  }

  private async deliver(sessionId: string): Promise<void> {
    if (this.sessionsUnderWay.has(sessionId)) return;
    this.sessionsUnderWay.add(sessionId);
    const backoff = new Backoff(this.dependencies.waits);
    for (;;) {
      const link = await this.dependencies.ready(sessionId);
      const next = this.next(sessionId);
      if (!next) break;
      try {
        const message = await this.dependencies.transmit(link, next.message);
        backoff.reset();
        this.settle(next, ({ resolve }) => resolve(message));
      } catch (thrown) {
        const error = toChatClientError(thrown);
        if (isPassing(error)) await pause(backoff.next(error.retryAfterMs), link.ended);
        else this.refuse(next, error);
      }
    }
    this.sessionsUnderWay.delete(sessionId);
  }

  private next(sessionId: string): Pending | undefined {
    return this.pending.find(({ message }) => message.sessionId === sessionId);
  }

  private refuse(pending: Pending, error: ChatClientError): void {
    if (pending.callers.length === 0) this.dependencies.failed(error);
    this.settle(pending, ({ reject }) => reject(error));
  }

  private settle(pending: Pending, tell: (caller: Pending['callers'][number]) => void): void {
    if (!this.pending.includes(pending)) return;
    this.pending = this.pending.filter((other) => other !== pending);
    this.save([pending.message]);
    for (const caller of pending.callers) tell(caller);
  }

  /** Tells who sent them that they are not sent, and keeps none of them for a later login of the same user. */
  private giveUp(pending: readonly Pending[], error: ChatClientError): void {
    rejectAll(pending, error);
    for (const { userId, message } of pending) this.dependencies.store.remove(userId, message);
  }

  private save(gone: readonly OutgoingMessage[] = []): void {
    const { store, userId, changed, failed } = this.dependencies;
    const user = userId();
    try {
      if (user !== null) store.write(user, this.own, gone);
    } catch (cause) {
      const message = 'The outbox could not be stored: unsent messages are lost when the page is closed.';
      failed(new ChatClientError('NO_ROOM', message, { cause }));
    }
    changed();
  }
}

function closed(advice: string): ChatClientError {
  return new ChatClientError('OFFLINE', `The client was closed. ${advice}`);
}

function rejectAll(pending: readonly Pending[], error: ChatClientError): void {
  for (const { callers } of pending) for (const { reject } of callers) reject(error);
}
