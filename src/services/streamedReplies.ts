import { setTimeout as sleep } from 'node:timers/promises';
import type { Draft, DraftState } from '../domain/draft';
import type { Message } from '../domain/message';
import { promptOf, type StreamingPrompt, type StreamingResponder } from '../responders/responder';
import type { MessageStore, UnansweredMessage } from '../stores/chatStore';
import { type Clock, timestampOf, waitAtMost } from '../utils/clock';
import type { Logger } from '../utils/logger';
import { uuidv7 } from '../utils/uuid';
import { readHistory } from './promptHistory';
import type { LiveDraft, Publisher } from './publisher';
import { type ReplyLimits, ReplyQueue } from './replyQueue';
import { type ReplyOutcome, ReplyRequests } from './replyRequests';
import type { Replies } from './replyService';

/** How many unanswered messages are read at once. */
const SWEEP_PAGE_LENGTH = 100;
/** How long after a failure of the database it is tried again, in milliseconds. */
const RETRY_MS = 5_000;

/** How long a stop waits for the reply to be stored, in milliseconds. */
const STOP_TIMEOUT_MS = 5_000;

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

/** A reply that is being made. */
class RunningReply {
  /** Ends the request to the responder. */
  readonly asking = new AbortController();
  /** Ends the attempts to store the reply. */
  readonly saving = new AbortController();
  /** Resolves with the stored reply, or with null if there is none. Never rejects. */
  ended: Promise<Message | null> = Promise.resolve(null);
  isStopped = false;
  readonly draft: LiveDraft;

  constructor(
    readonly unanswered: UnansweredMessage,
    private readonly publisher: Publisher,
  ) {
    const { userId, message } = unanswered;
    const { sessionId, messageId: replyTo } = message;
    this.draft = { userId, sessionId, replyTo, variant: 1, attempt: 0, text: '', state: 'asking' };
  }

  get text(): string {
    return this.draft.text;
  }

  begin(attempt: number): void {
    this.change({ attempt, text: '', state: 'asking' });
  }

  enter(state: DraftState): void {
    if (state !== this.draft.state) this.change({ state });
  }

  append(text: string): void {
    this.change({ text: this.draft.text + text, state: 'writing' });
  }

  abort(): void {
    this.asking.abort();
    this.saving.abort();
  }

  private change(change: Partial<LiveDraft>): void {
    Object.assign(this.draft, change);
    this.publisher.draftChanged(this.draft);
  }
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

  stopReply(messageId: string): Promise<Message | null> | null {
    for (const reply of this.running) {
      if (reply.draft.replyTo !== messageId) continue;
      reply.isStopped = true;
      reply.asking.abort();
      return settledWithin(STOP_TIMEOUT_MS, reply.ended);
    }
    // The caller stores the reply, so that it need not wait for its turn.
    this.queue.remove((waiting) => waiting.message.messageId === messageId);
    if (this.sweep !== null) this.answered.add(messageId);
    this.catchUp();
    return null;
  }

  discard(isDeleted: (unanswered: UnansweredMessage) => boolean): void {
    for (const reply of this.running) if (isDeleted(reply.unanswered)) reply.abort();
    this.queue.remove(isDeleted);
  }

  drafts(userId: string, sessionId: string): Draft[] {
    return Array.from(this.running, ({ draft }) => draft)
      .filter((draft) => draft.userId === userId && draft.sessionId === sessionId)
      .map(({ replyTo, variant, attempt, text, state }) => ({ replyTo, variant, attempt, text, state }));
  }

  async stop(graceMs: number): Promise<void> {
    this.isStopping = true;
    if (this.nextSweep) clearTimeout(this.nextSweep);
    const ended = Promise.all(Array.from(this.running, (reply) => reply.ended));
    await waitAtMost(graceMs, ended);
    for (const reply of this.running) reply.abort();
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
      const reply = new RunningReply(next, this.dependencies.publisher);
      this.running.add(reply);
      reply.ended = this.reply(reply).finally(() => {
        this.running.delete(reply);
        this.onEnd(next);
      });
    }
  }

  private onEnd(ended: UnansweredMessage): void {
    this.queue.done(ended);
    if (this.sweep !== null) this.answered.add(ended.message.messageId);
    this.startReplies();
    this.catchUp();
  }

  private async reply(reply: RunningReply): Promise<Message | null> {
    const { publisher, logger } = this.dependencies;
    try {
      return await this.save(reply, await this.outcomeOf(reply));
    } catch (error) {
      if (reply.saving.signal.aborted) return null;
      logger.warn({ err: error }, 'reply failed; it will be tried again');
      this.scheduleSweep();
      return null;
    } finally {
      publisher.draftEnded(reply.draft);
    }
  }

  private async outcomeOf(reply: RunningReply): Promise<ReplyOutcome> {
    const { model } = this.dependencies.responder;
    try {
      return await this.requests.complete(this.promptOf(reply.unanswered), reply, reply.asking.signal);
    } catch (error) {
      if (!reply.isStopped) throw error;
      return { content: reply.text, finish: 'stopped', ...(model !== undefined && { model }) };
    }
  }

  private promptOf({ userId, message }: UnansweredMessage): Omit<StreamingPrompt, 'attempt'> {
    const { messageId: replyTo } = message;
    const history = (maxCharacters: number) =>
      readHistory(this.dependencies.store, userId, message, maxCharacters);
    return { ...promptOf(userId, message), replyTo, variant: 1, history };
  }

  /** Stores what has become of a reply. While the database is away, it waits here: the model must not be asked again. */
  private async save(reply: RunningReply, outcome: ReplyOutcome): Promise<Message | null> {
    const { store, publisher, clock, logger, replyRetryMs = RETRY_MS } = this.dependencies;
    const { userId, sessionId, replyTo } = reply.draft;
    for (;;) {
      const timestamp = timestampOf(clock());
      const newReply = { userId, sessionId, replyTo, messageId: uuidv7(), timestamp, ...outcome };
      try {
        return await store.appendReply(newReply, (stored, session) => {
          // First, so that nobody who joins gets both.
          publisher.draftEnded(reply.draft);
          publisher.messagesStored(session, [stored]);
        });
      } catch (error) {
        logger.warn({ err: error }, 'reply could not be stored; it will be tried again');
        await sleep(replyRetryMs, undefined, { signal: reply.saving.signal });
      }
    }
  }
}

/** Settles like the work, or resolves with null after this time. */
async function settledWithin<T>(milliseconds: number, work: Promise<T>): Promise<T | null> {
  let result: T | null = null;
  const settled = work.then((value) => {
    result = value;
  });
  await waitAtMost(milliseconds, settled);
  return result;
}
