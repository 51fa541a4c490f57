import { setTimeout as sleep } from 'node:timers/promises';
import { promptOf, type StreamingPrompt, type StreamingResponder } from '../responders/responder';
import type { MessageStore, UnansweredMessage } from '../stores/chatStore';
import { type Clock, timestampOf, waitAtMost } from '../utils/clock';
import type { Logger } from '../utils/logger';
import { uuidv7 } from '../utils/uuid';
import { readHistory } from './promptHistory';
import type { Publisher } from './publisher';
import { type ReplyLimits, ReplyQueue } from './replyQueue';
import { type ReplyOutcome, ReplyRequests } from './replyRequests';
import type { Replies } from './replyService';

/** How many unanswered messages are read at once. */
const SWEEP_PAGE_LENGTH = 100;
/** How long after a failure of the database it is tried again, in milliseconds. */
const RETRY_MS = 5_000;

export interface StreamedReplyDependencies {
  store: Pick<MessageStore, 'appendReply' | 'findUnanswered' | 'readMessages'>;
  publisher: Publisher;
  responder: StreamingResponder;
  replyLimits: ReplyLimits;
  logger: Logger;
  clock: Clock;
  /** Overrides the times after which something that failed is tried again, in tests. */
  replyRetryMs?: number | undefined;
}

interface RunningReply {
  controller: AbortController;
  ended: Promise<void>;
}

/**
 * Answers user messages with a streaming responder. Each one ends with a stored reply, which may be one that says that it failed. The
 * database records which messages are unanswered, so they survive a crash.
 */
export class StreamedReplies implements Replies {
  private readonly queue: ReplyQueue;
  private readonly requests: ReplyRequests;
  private readonly running = new Set<RunningReply>();
  private isStopping = false;
  /** The messages answered since the current sweep began, which it may have read before. */
  private readonly answered = new Set<string>();
  private sweep: Promise<void> | null = null;
  private nextSweep: NodeJS.Timeout | null = null;
  /** The users with messages that wait in the database only. Later ones must wait there too, or they would be answered first. */
  private behind = new Set<string>();
  /** This may be so for any user. */
  private isAnyoneBehind = true;

  constructor(private readonly dependencies: StreamedReplyDependencies) {
    this.queue = new ReplyQueue(dependencies.replyLimits);
    this.requests = new ReplyRequests({ ...dependencies, firstRetryMs: dependencies.replyRetryMs });
  }

  start(): void {
    this.startSweep();
  }

  answer(unanswered: UnansweredMessage): void {
    const { userId } = unanswered;
    if (this.isAnyoneBehind || this.behind.has(userId)) {
      // The sweep in progress may already have passed the place of this message.
      this.behind.add(userId);
    } else if (this.queue.offer(unanswered)) {
      this.startReplies();
    } else {
      this.behind.add(userId);
    }
  }

  scheduleSweep(): void {
    this.isAnyoneBehind = true;
    if (this.isStopping) return;
    const { replyRetryMs = RETRY_MS } = this.dependencies;
    this.nextSweep ??= setTimeout(() => this.startSweep(), replyRetryMs).unref();
  }

  async stop(graceMs: number): Promise<void> {
    this.isStopping = true;
    if (this.nextSweep) clearTimeout(this.nextSweep);
    const ended = Promise.all(Array.from(this.running, (reply) => reply.ended));
    await waitAtMost(graceMs, ended);
    for (const { controller } of this.running) controller.abort();
    await Promise.all([this.sweep, ended]);
  }

  private startSweep(): void {
    if (this.nextSweep) clearTimeout(this.nextSweep);
    this.nextSweep = null;
    this.sweep ??= this.queueAll()
      .catch((error: unknown) => {
        this.dependencies.logger.warn(
          { err: error },
          'search for unanswered messages failed; it will be tried again',
        );
        this.scheduleSweep();
      })
      .finally(() => {
        this.sweep = null;
        this.catchUp();
      });
  }

  /** Queues the messages that wait in the database, oldest first, as far as there is room. */
  private async queueAll(): Promise<void> {
    this.isAnyoneBehind = true;
    this.behind = new Set();
    this.answered.clear();
    const full = new Set<string>();
    for (let after: string | undefined; !this.isStopping; ) {
      const page = await this.dependencies.store.findUnanswered(SWEEP_PAGE_LENGTH, after);
      for (const unanswered of page) {
        const { userId, message } = unanswered;
        if (this.answered.has(message.messageId)) continue;
        if (full.has(userId) || !this.queue.offer(unanswered)) full.add(userId);
      }
      this.startReplies();
      after = page.at(-1)?.message.messageId;
      if (after === undefined) break;
    }
    this.isAnyoneBehind = this.nextSweep !== null;
    // Some have sent messages meanwhile, which this search may have missed.
    this.behind = new Set([...this.behind, ...full]);
  }

  /** Searches again if a user has messages in the database and none in the queue. */
  private catchUp(): void {
    if (this.sweep || this.nextSweep || this.isStopping) return;
    if ([...this.behind].some((userId) => !this.queue.hasWaiting(userId))) this.startSweep();
  }

  private startReplies(): void {
    while (!this.isStopping) {
      const next = this.queue.take();
      if (!next) return;
      const controller = new AbortController();
      const ended = this.reply(next, controller.signal).finally(() => {
        this.running.delete(running);
        this.onEnd(next);
      });
      const running: RunningReply = { controller, ended };
      this.running.add(running);
    }
  }

  private onEnd(ended: UnansweredMessage): void {
    this.queue.done(ended);
    if (this.sweep !== null) this.answered.add(ended.message.messageId);
    this.startReplies();
    this.catchUp();
  }

  /** Never rejects. */
  private async reply(unanswered: UnansweredMessage, signal: AbortSignal): Promise<void> {
    try {
      const outcome = await this.requests.complete(this.promptOf(unanswered), signal);
      await this.save(unanswered, outcome, signal);
    } catch (error) {
      if (signal.aborted) return;
      this.dependencies.logger.warn({ err: error }, 'reply failed; it will be tried again');
      this.scheduleSweep();
    }
  }

  private promptOf({ userId, message }: UnansweredMessage): Omit<StreamingPrompt, 'attempt'> {
    const { messageId: replyTo } = message;
    const history = (maxCharacters: number) =>
      readHistory(this.dependencies.store, userId, message, maxCharacters);
    return { ...promptOf(userId, message), replyTo, variant: 1, history };
  }

  /** Stores a reply that is complete. While the database is away, it waits here: the model must not be asked again. */
  private async save(
    { userId, message }: UnansweredMessage,
    outcome: ReplyOutcome,
    signal: AbortSignal,
  ): Promise<void> {
    const { store, publisher, clock, logger, replyRetryMs = RETRY_MS } = this.dependencies;
    const { sessionId, messageId: replyTo } = message;
    for (;;) {
      const timestamp = timestampOf(clock());
      const reply = { userId, sessionId, replyTo, messageId: uuidv7(), timestamp, ...outcome };
      try {
        await store.appendReply(reply, (stored, session) => publisher.messagesStored(session, [stored]));
        return;
      } catch (error) {
        logger.warn({ err: error }, 'reply could not be stored; it will be tried again');
        await sleep(replyRetryMs, undefined, { signal });
      }
    }
  }
}
