import { setTimeout as sleep } from 'node:timers/promises';
import type { Draft, DraftState, Message } from '../domain/message';
import { promptOf, type StreamingPrompt, type StreamingResponder } from '../responders/responder';
import type { MessageStore, UnansweredMessage } from '../stores/chatStore';
import { type Clock, settledWithin, timestampOf, waitAtMost } from '../utils/clock';
import type { Logger } from '../utils/logger';
import { uuidv7 } from '../utils/uuid';
import type { LiveDraft, Publisher } from './publisher';
import { type ReplyOutcome, ReplyRequests, readHistory } from './replyRequests';
import type { Replies, ReplyClaims } from './replyService';

/** How many unanswered messages are read at once. */
const SWEEP_PAGE_LENGTH = 100;
/** How long after a failure of the database it is tried again, in milliseconds. */
const RETRY_MS = 5_000;

/** The store responds within 3 s. Less than `RETRY_MS`. */
const STORING_MS = 4_000;
/** How long a stop waits for the reply to be stored, in milliseconds. */
const STOP_TIMEOUT_MS = 5_000;

export interface StreamedReplyDependencies {
  store: Pick<MessageStore, 'appendReply' | 'findUnanswered' | 'readMessages'>;
  publisher: Publisher;
  responder: StreamingResponder;
  replyLimits: ReplyLimits;
  logger: Logger;
  clock: Clock;
  /** Absent if this process makes all replies. */
  claims?: ReplyClaims | undefined;
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
  /** The messages whose reply the caller of `stopReply` stores, with the time of the call. */
  private readonly stopped = new Map<string, number>();
  private sweep: Promise<void> | null = null;
  /** The messages that the last sweep has found. */
  private found = new Set<string>();
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

  sweepNow(): void {
    if (!this.isStopping) this.startSweep();
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
    this.forgetStopped();
    this.stopped.set(messageId, performance.now());
    this.catchUp();
    return null;
  }

  discard(isDeleted: (unanswered: UnansweredMessage) => boolean): void {
    for (const reply of this.running) if (isDeleted(reply.unanswered)) reply.abort();
    this.queue.remove(isDeleted);
  }

  abortAll(): void {
    this.discard(() => true);
    this.scheduleSweep();
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

  /** Forgets the stops whose reply was stored, or could not be: then a search that was scheduled finds the message. */
  private forgetStopped(): void {
    for (const [messageId, time] of this.stopped) {
      if (performance.now() - time < STORING_MS) return;
      this.stopped.delete(messageId);
    }
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
    this.forgetStopped();
    const full = new Set<string>();
    const before = this.found;
    this.found = new Set();
    for (let after: string | undefined; !this.isStopping; ) {
      const page = await this.dependencies.store.findUnanswered(SWEEP_PAGE_LENGTH, after);
      this.queuePage(page, before, full);
      this.startReplies();
      after = page.at(-1)?.message.messageId;
      if (after === undefined) break;
    }
    this.isAnyoneBehind = this.nextSweep !== null;
    // Some have sent messages meanwhile, which this search may have missed.
    this.behind = new Set([...this.behind, ...full]);
  }

  /** Adds to `full` the users whose messages have no room. `before` are the messages that the sweep before has found. */
  private queuePage(
    page: readonly UnansweredMessage[],
    before: ReadonlySet<string>,
    full: Set<string>,
  ): void {
    const { claims } = this.dependencies;
    for (const unanswered of page.filter(({ message }) => !this.isSettled(message.messageId))) {
      const { userId, message } = unanswered;
      this.found.add(message.messageId);
      // One that is new may be another process's, which has yet to claim it.
      if (claims?.isShared() && !before.has(message.messageId)) continue;
      if (full.has(userId) || !this.queue.offer(unanswered)) full.add(userId);
    }
  }

  /** The message has its reply, or is about to get it, although the search has found it unanswered. */
  private isSettled(messageId: string): boolean {
    return this.answered.has(messageId) || this.stopped.has(messageId);
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
    const { publisher, logger, claims } = this.dependencies;
    try {
      if (claims && !(await claims.claim(reply.unanswered))) return null;
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
    const { store, publisher, clock, logger, claims, replyRetryMs = RETRY_MS } = this.dependencies;
    const { userId, sessionId, replyTo } = reply.draft;
    for (;;) {
      const timestamp = timestampOf(clock());
      const newReply = { userId, sessionId, replyTo, messageId: uuidv7(), timestamp, ...outcome };
      try {
        claims?.assertAlive();
        const saved = await store.appendReply(newReply, (stored, session, sessionKey) => {
          // First, so that nobody who joins gets both.
          publisher.draftEnded(reply.draft);
          publisher.messagesStored({ session, sessionKey, messages: [stored] });
        });
        await claims?.finish(replyTo);
        return saved;
      } catch (error) {
        logger.warn({ err: error }, 'reply could not be stored; it will be tried again');
        await sleep(replyRetryMs, undefined, { signal: reply.saving.signal });
      }
    }
  }
}

/** How many replies are made concurrently. */
export interface ReplyLimits {
  total: number;
  perUser: number;
}

/** How many messages of a user wait in memory. More of them wait in the database. */
const MAX_WAITING_PER_USER = 20;

/**
 * The messages that wait for a streamed reply, and those whose reply is being made: one at a time in a session, in the order of `seq`, so
 * that each reply can refer to the one before.
 */
export class ReplyQueue {
  /** By user, in the order in which they get their turn. */
  private readonly waiting = new Map<string, UnansweredMessage[]>();
  private readonly running = new Map<string, UnansweredMessage>();

  constructor(private readonly limits: ReplyLimits) {}

  /** Adds a message unless it is there already. False if too many of its user wait; then it must be offered again. */
  offer(added: UnansweredMessage): boolean {
    const { userId, message } = added;
    if (this.running.has(message.messageId)) return true;
    const waiting = this.waiting.get(userId) ?? [];
    if (waiting.some((each) => each.message.messageId === message.messageId)) return true;
    if (waiting.length >= MAX_WAITING_PER_USER) return false;
    this.waiting.set(userId, [...waiting, added]);
    return true;
  }

  /** Takes the next message that may be answered now, or null. The caller must call `done` with it. */
  take(): UnansweredMessage | null {
    if (this.running.size >= this.limits.total) return null;
    const running = [...this.running.values()];
    for (const [userId, waiting] of this.waiting) {
      if (running.filter((each) => each.userId === userId).length >= this.limits.perUser) continue;
      const next = waiting.find(
        ({ message }) => !running.some((each) => each.message.sessionId === message.sessionId),
      );
      if (!next) continue;
      // Deleted first, so that the user gets behind the others.
      this.waiting.delete(userId);
      this.setWaiting(
        userId,
        waiting.filter((each) => each !== next),
      );
      this.running.set(next.message.messageId, next);
      return next;
    }
    return null;
  }

  done({ message }: UnansweredMessage): void {
    this.running.delete(message.messageId);
  }

  hasWaiting(userId: string): boolean {
    return this.waiting.has(userId);
  }

  /** Removes messages that wait. */
  remove(isRemoved: (unanswered: UnansweredMessage) => boolean): void {
    for (const [userId, waiting] of this.waiting) {
      this.setWaiting(
        userId,
        waiting.filter((each) => !isRemoved(each)),
      );
    }
  }

  private setWaiting(userId: string, waiting: UnansweredMessage[]): void {
    if (waiting.length > 0) this.waiting.set(userId, waiting);
    else this.waiting.delete(userId);
  }
}
