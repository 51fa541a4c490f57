import type { Message } from '../../src/domain/message';
import { canonicalId, contentSizeProblem } from '../../src/domain/text';
import { Backoff, type BackoffOptions, sleep } from './backoff';
import type { OutgoingMessage } from './chatClient';
import {
  ChatClientError,
  invalidContentError,
  isRetryable,
  notLoggedInError,
  toChatClientError,
} from './chatClientError';
import type { SocketConnection } from './socketConnection';
import type { StoredValue } from './storage';

/** Unsent messages of other tabs are taken over at this age: their tab may have been closed. */
const TAKE_OVER_AFTER_MS = 10_000;

export interface OutboxDependencies {
  store: OutboxStore;
  backoff: BackoffOptions;
  /** The logged-in user. */
  userId(): string | null;
  /** Resolves with the user's connection as soon as messages of this session may be sent on it. */
  whenReady(sessionId: string): Promise<SocketConnection>;
  /** Sends a message once. */
  transmit(connection: SocketConnection, message: OutgoingMessage): Promise<Message>;
  onChange(): void;
  /** Receives errors that no caller of `send` can receive. */
  onError(error: ChatClientError): void;
}

/** A message of the outbox with the calls of `send` that wait for it: none if an earlier page has sent it. */
interface PendingMessage {
  userId: string;
  message: OutgoingMessage;
  callers: { resolve(message: Message): void; reject(error: ChatClientError): void }[];
}

/**
 * Messages that are not known to be stored on the server. At most one message per session is in flight, so that messages are
 * stored in the order in which they were sent.
 */
export class Outbox {
  private pending: PendingMessage[] = [];
  /** Of the next scheduled takeover. */
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isClosed = false;
  /** Sessions with a message in flight or waiting for a connection. */
  private readonly sending = new Set<string>();

  constructor(private readonly core: OutboxDependencies) {}

  /** Oldest first, including those of other tabs. */
  get messages(): readonly OutgoingMessage[] {
    const userId = this.core.userId();
    return userId === null ? [] : mergeByAge(this.core.store.read(userId), this.own);
  }

  /**
   * Stores the message, then sends it until the server accepts or rejects it. Rejects a text that is too long itself: the server might
   * reject the whole request, without a word about the field.
   */
  send(message: OutgoingMessage): Promise<Message> {
    const userId = this.core.userId();
    if (userId === null) return Promise.reject(notLoggedInError());
    if (this.isClosed)
      return Promise.reject(clientClosedError('Create a new one and send the message again.'));
    const problem = contentSizeProblem(message.content);
    if (problem !== null) return Promise.reject(invalidContentError(problem));
    const latest = this.messages.at(-1)?.createdAt ?? '';
    // Keeps the order if the device's clock was set back.
    const inOrder = latest > message.createdAt ? { ...message, createdAt: latest } : message;
    return new Promise((resolve, reject) => {
      this.add(userId, inOrder).callers.push({ resolve, reject });
      this.save();
      void this.sendAll(message.sessionId);
    });
  }

  /** Sends this user's stored messages of at least this age, and rejects messages of any other user. */
  takeOver(userId: string, minAgeMs = 0): void {
    const ofOthers = this.takeOut((pending) => pending.userId !== userId);
    // The clock may have been set back since: a message from far in the future is old, too.
    const isOldEnough = ({ createdAt }: OutgoingMessage) =>
      Math.abs(Date.now() - Date.parse(createdAt)) >= minAgeMs;
    for (const message of this.messages.filter(isOldEnough)) this.add(userId, message);
    this.pending.sort((a, b) => compareAge(a.message, b.message));
    for (const { sessionId } of this.own) void this.sendAll(sessionId);
    this.abandon(ofOthers, notLoggedInError());
  }

  /** Takes over messages that another tab has not sent after a while. */
  scheduleTakeOver(): void {
    const userId = this.core.userId();
    if (userId === null || this.timer || this.messages.length === this.pending.length) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      if (this.core.userId() === userId) this.takeOver(userId, TAKE_OVER_AFTER_MS);
      // Some messages may have been too recent.
      this.scheduleTakeOver();
    }, TAKE_OVER_AFTER_MS);
  }

  /** Rejects messages that are no longer in the storage: a logout in another tab has discarded them. */
  rejectRemoved(userId: string): void {
    const stored = new Set(this.core.store.read(userId).map(keyOf));
    const removed = this.takeOut(({ message }) => !stored.has(keyOf(message)));
    rejectAll(removed, notLoggedInError());
  }

  /** Removes and rejects the messages of a session, or all of them. */
  discard(error: ChatClientError, sessionId?: string): void {
    const isDiscarded = (message: OutgoingMessage) => !sessionId || message.sessionId === sessionId;
    const removed = this.messages.filter(isDiscarded);
    const discarded = this.takeOut(({ message }) => isDiscarded(message));
    this.save(removed);
    this.abandon(discarded, error);
  }

  /** Rejects all callers. The messages stay in the storage. */
  close(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
    const error = clientClosedError('The next client with the same storage sends the message.');
    rejectAll(this.pending.splice(0), error);
  }

  private get own(): OutgoingMessage[] {
    return this.pending.map(({ message }) => message);
  }

  private add(userId: string, message: OutgoingMessage): PendingMessage {
    const key = keyOf(message);
    const known = this.pending.find((pending) => keyOf(pending.message) === key);
    const pending = known ?? { userId, message, callers: [] };
    if (!known) this.pending.push(pending);
    return pending;
  }

  /** Removes the matching messages from `pending` and returns them. */
  private takeOut(matches: (pending: PendingMessage) => boolean): PendingMessage[] {
    const taken = this.pending.filter(matches);
    this.pending = this.pending.filter((pending) => !taken.includes(pending));
    return taken;
  }

  /** Sends the messages of a session one after the other. */
  private async sendAll(sessionId: string): Promise<void> {
    if (this.sending.has(sessionId)) return;
    this.sending.add(sessionId);
    const backoff = new Backoff(this.core.backoff);
    for (;;) {
      const connection = await this.core.whenReady(sessionId);
      const next = this.pending.find(({ message }) => message.sessionId === sessionId);
      if (!next) break;
      try {
        const message = await this.core.transmit(connection, next.message);
        backoff.reset();
        this.complete(next, ({ resolve }) => resolve(message));
      } catch (thrown) {
        const error = toChatClientError(thrown);
        if (isRetryable(error)) await sleep(backoff.nextDelay(error.retryAfterMs), connection.closing);
        else this.fail(next, error);
      }
    }
    this.sending.delete(sessionId);
  }

  private fail(pending: PendingMessage, error: ChatClientError): void {
    if (pending.callers.length === 0) this.core.onError(error);
    this.complete(pending, ({ reject }) => reject(error));
  }

  private complete(
    pending: PendingMessage,
    settle: (caller: PendingMessage['callers'][number]) => void,
  ): void {
    // It may have been discarded meanwhile.
    if (this.takeOut((other) => other === pending).length === 0) return;
    this.save([pending.message]);
    for (const caller of pending.callers) settle(caller);
  }

  /** Rejects messages and removes them from the storage, so that a later login of the same user doesn't send them. */
  private abandon(pending: readonly PendingMessage[], error: ChatClientError): void {
    rejectAll(pending, error);
    for (const { userId, message } of pending) this.core.store.remove(userId, message);
  }

  private save(removed: readonly OutgoingMessage[] = []): void {
    const { store, userId, onChange, onError } = this.core;
    const user = userId();
    try {
      if (user !== null) store.write(user, this.own, removed);
    } catch (cause) {
      const message =
        'The storage is full: unsent messages are lost when this page is closed. Keep it open until they are sent.';
      onError(new ChatClientError('NO_ROOM', message, { cause }));
    }
    onChange();
  }
}

function clientClosedError(advice: string): ChatClientError {
  return new ChatClientError('OFFLINE', `The client was closed. ${advice}`);
}

function rejectAll(pending: readonly PendingMessage[], error: ChatClientError): void {
  for (const { callers } of pending) for (const { reject } of callers) reject(error);
}

export interface StoredOutbox {
  userId: string;
  messages: OutgoingMessage[];
}

export function isStoredOutbox(value: object): value is StoredOutbox {
  if (!('userId' in value && 'messages' in value && Array.isArray(value.messages))) return false;
  return value.messages.every(isOutgoingMessage);
}

function isOutgoingMessage(value: unknown): value is OutgoingMessage {
  if (typeof value !== 'object' || value === null) return false;
  const fields: Partial<Record<keyof OutgoingMessage, unknown>> = value;
  const texts = [fields.sessionId, fields.clientMessageId, fields.content];
  return (
    texts.every((text) => typeof text === 'string') &&
    ['string', 'undefined'].includes(typeof fields.replaces) &&
    !Number.isNaN(Date.parse(String(fields.createdAt)))
  );
}

/** The unsent messages of one user in the storage. Several tabs may write to it; each adds and removes only its own. */
export class OutboxStore {
  constructor(private readonly stored: StoredValue<StoredOutbox>) {}

  /** Oldest first. Messages of another user are not returned. */
  read(userId: string): readonly OutgoingMessage[] {
    const outbox = this.stored.get();
    if (outbox?.userId !== userId) return [];
    // Earlier versions stored ids as the application wrote them.
    return outbox.messages.map((message) => ({ ...message, sessionId: canonicalId(message.sessionId) }));
  }

  /** Adds all of `own` to the stored messages and takes `removed` out. Throws the storage's error. */
  write(userId: string, own: readonly OutgoingMessage[], removed: readonly OutgoingMessage[] = []): void {
    const removedKeys = new Set(removed.map(keyOf));
    const messages = mergeByAge(this.read(userId), own).filter((message) => !removedKeys.has(keyOf(message)));
    if (messages.length > 0) this.stored.set({ userId, messages });
    else this.stored.remove();
  }

  /** Removes one message of this user. Another user's outbox stays unchanged. Throws the storage's error. */
  remove(userId: string, message: OutgoingMessage): void {
    if (this.read(userId).length > 0) this.write(userId, [], [message]);
  }
}

/** Identifies a message: a `clientMessageId` is unique only within its session. */
function keyOf({ sessionId, clientMessageId }: OutgoingMessage): string {
  return `${sessionId} ${clientMessageId}`;
}

/** The union of both, oldest first. */
function mergeByAge(some: readonly OutgoingMessage[], others: readonly OutgoingMessage[]): OutgoingMessage[] {
  const known = new Set(some.map(keyOf));
  return [...some, ...others.filter((message) => !known.has(keyOf(message)))].sort(compareAge);
}

function compareAge(a: OutgoingMessage, b: OutgoingMessage): number {
  return Date.parse(a.createdAt) - Date.parse(b.createdAt);
}
