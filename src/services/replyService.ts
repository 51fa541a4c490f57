import { setMaxListeners } from 'node:events';
import type { Draft, Message } from '../domain/message';
import { promptOf, type Responder, type StreamingResponder } from '../responders/responder';
import type { MessageStore, UnansweredMessage } from '../stores/chatStore';
import { type Clock, timestampOf } from '../utils/clock';
import type { Logger } from '../utils/logger';
import { uuidv7 } from '../utils/uuid';
import type { Publisher } from './publisher';

/** The number of replies in flight above which further messages stay in the database until a later sweep. */
const MAX_IN_FLIGHT = 100;
/** How long after a failure the unanswered messages are tried again, in milliseconds. */
const RETRY_MS = 5_000;

/** Decides which of several processes on one database replies to a message. All methods reject as the store does. */
export interface ReplyClaims {
  /** False if another live process replies to it. */
  claim(unanswered: UnansweredMessage): Promise<boolean>;
  /** The reply is stored, by this process or another one. */
  finish(messageId: string): Promise<void>;
  /** False while this is the only process. */
  isShared(): boolean;
  /** Throws `UNAVAILABLE` while the other processes may take this one for dead, and make its replies: it must not store any. */
  assertAlive(): void;
}

/** Answers user messages that were stored without a reply. */
export interface Replies {
  /** Answers the messages that an earlier process left unanswered. */
  start(): void;
  /** Answers a message that was just stored. Returns immediately. */
  answer(unanswered: UnansweredMessage): void;
  /** Answers, some seconds later, the messages that are unanswered in the database. */
  scheduleSweep(): void;
  /** Answers now the messages that other processes have left unanswered. */
  sweepNow(): void;
  /**
   * Stops the reply to a message if it is being made here, or waits for its turn. Resolves with the stored reply, or with null if it can't be
   * stored within some seconds. Null if there is nothing to stop here.
   */
  stopReply(messageId: string): Promise<Message | null> | null;
  /** The replies that are being made in a session of the user. */
  drafts(userId: string, sessionId: string): Draft[];
  /** Aborts all replies: other processes may have taken them over. Messages that stay unanswered are found again. */
  abortAll(): void;
  /** Aborts the replies to these messages, whose session or user was deleted. */
  discard(isDeleted: (unanswered: UnansweredMessage) => boolean): void;
  /**
   * Starts no more replies, and aborts those in flight: streamed ones after `graceMs`, others immediately. Their messages stay unanswered.
   * Resolves when none of them will use the store any more.
   */
  stop(graceMs: number): Promise<void>;
}

export interface ReplyDependencies {
  store: Pick<MessageStore, 'appendReply' | 'findUnanswered'>;
  publisher: Publisher;
  responder: Exclude<Responder, StreamingResponder>;
  logger: Logger;
  clock: Clock;
  /** Absent if this process makes all replies. */
  claims?: ReplyClaims | undefined;
  /** Overrides `RETRY_MS` in tests. */
  replyRetryMs?: number | undefined;
}

/**
 * Asks a responder that does not stream, stores its response and publishes it. The database records which messages are unanswered, so
 * they survive a crash.
 */
export class ReplyService implements Replies {
  /** By the id of the user message. */
  private readonly inFlight = new Map<string, Promise<void>>();
  private readonly stopping = new AbortController();
  /** Ends the replies in flight. `abortAll` replaces it. */
  private asking = newAbortController();
  private sweep: Promise<void> | null = null;
  private nextSweep: NodeJS.Timeout | null = null;
  /** The messages that the last sweep has found. */
  private found: ReadonlySet<string> = new Set();

  constructor(private readonly dependencies: ReplyDependencies) {}

  start(): void {
    this.startSweep();
  }

  answer(unanswered: UnansweredMessage): void {
    if (this.inFlight.size < MAX_IN_FLIGHT) void this.startReply(unanswered);
    else this.scheduleSweep();
  }

  sweepNow(): void {
    if (this.sweep === null && !this.stopping.signal.aborted) this.startSweep();
  }

  scheduleSweep(): void {
    if (this.stopping.signal.aborted) return;
    const { replyRetryMs = RETRY_MS } = this.dependencies;
    this.nextSweep ??= setTimeout(() => this.startSweep(), replyRetryMs).unref();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    this.asking.abort();
    if (this.nextSweep) clearTimeout(this.nextSweep);
    await Promise.all([this.sweep, ...this.inFlight.values()]);
  }

  /** Its later reply is refused by the database. */
  stopReply(): null {
    return null;
  }

  drafts(): Draft[] {
    return [];
  }

  discard(): void {}

  abortAll(): void {
    this.asking.abort();
    this.asking = newAbortController();
    this.inFlight.clear();
    this.scheduleSweep();
  }

  private startReply(unanswered: UnansweredMessage): Promise<void> {
    const { messageId } = unanswered.message;
    const started = this.inFlight.get(messageId);
    if (started !== undefined) return started;
    const { signal } = this.asking;
    const reply = this.reply(unanswered, signal)
      .catch((error: unknown) => {
        if (!signal.aborted) this.onFailure(error);
      })
      .finally(() => {
        if (this.inFlight.get(messageId) === reply) this.inFlight.delete(messageId);
      });
    this.inFlight.set(messageId, reply);
    return reply;
  }

  private async reply({ userId, message }: UnansweredMessage, signal: AbortSignal): Promise<void> {
    const { responder, store, publisher, clock, claims } = this.dependencies;
    const { sessionId, messageId: replyTo } = message;
    if (claims && !(await claims.claim({ userId, message }))) return;
    const content = await responder.respond(promptOf(userId, message), signal);
    if (signal.aborted) return;
    claims?.assertAlive();
    const now = clock();
    const stamp = { messageId: uuidv7(now), timestamp: timestampOf(now) };
    const reply = { userId, sessionId, replyTo, content, ...stamp };
    await store.appendReply(reply, (stored, session, sessionKey) =>
      publisher.messagesStored({ session, sessionKey, messages: [stored] }),
    );
    await claims?.finish(replyTo);
  }

  private onFailure(error: unknown): void {
    if (this.stopping.signal.aborted) return;
    this.dependencies.logger.warn({ err: error }, 'reply failed; it will be tried again');
    this.scheduleSweep();
  }

  private startSweep(): void {
    this.nextSweep = null;
    if (this.sweep !== null) {
      // The running sweep may already have passed the messages that failed since.
      this.scheduleSweep();
      return;
    }
    this.sweep = this.replyToAll()
      .catch((error: unknown) => this.onFailure(error))
      .finally(() => {
        this.sweep = null;
      });
  }

  /** Starts replies as capacity allows. It does not wait for them to end, as a responder may never answer one. */
  private async replyToAll(): Promise<void> {
    const { signal } = this.stopping;
    const { claims } = this.dependencies;
    const before = this.found;
    const found = new Set<string>();
    this.found = found;
    for (let after: string | undefined; !signal.aborted; ) {
      await this.capacity();
      const page = await this.dependencies.store.findUnanswered(MAX_IN_FLIGHT - this.inFlight.size, after);
      after = page.at(-1)?.message.messageId;
      if (after === undefined || signal.aborted) return;
      for (const unanswered of page) {
        const { messageId } = unanswered.message;
        found.add(messageId);
        // One that is new may be another process's, which has yet to claim it.
        if (!claims?.isShared() || before.has(messageId)) void this.startReply(unanswered);
      }
    }
  }

  private async capacity(): Promise<void> {
    while (this.inFlight.size >= MAX_IN_FLIGHT) await Promise.race(this.inFlight.values());
  }
}

/** Each reply in flight may listen to its signal. Node.js would warn from the eleventh on. */
function newAbortController(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}
