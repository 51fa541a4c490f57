import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Draft, Message } from '../../domain/message';
import { promptOf, type Responder, type StreamingPrompt } from '../../responders/responder';
import type {
  DraftStore,
  DraftTarget,
  MessageStore,
  SessionStore,
  StoredDraft,
  UnansweredMessage,
  UserStore,
} from '../../stores/chatStore';
import { type Clock, settledWithin, timestampOf, untilAborted, waitAtMost } from '../../utils/clock';
import type { Logger } from '../../utils/logger';
import { uuidv7 } from '../../utils/uuid';
import type { Publisher } from '../publisher';
import { Backlog, RETRY_MS, type ReplyLimits, type ReplyPeers } from './replyQueue';
import { type ReplyOutcome, ReplyRequests, readHistory } from './replyRequests';
import { endWithoutReply, keyOf, RunningReply, shownDraft } from './runningReply';
import { type ReplyMeter, UsageLog } from './usage';

/** How many replies are made concurrently by a responder that does not stream. */
const UNORDERED: ReplyLimits = { total: 100, perUser: Number.POSITIVE_INFINITY, isInTurn: false };
/** How often a streamed reply is taken over from an owner that has died. Then the text that it had is stored as failed. */
const MAX_TAKE_OVERS = 3;
/** How long a stop waits for the reply to be stored, in milliseconds. */
const STOP_TIMEOUT_MS = 5_000;
/** How often the reply is looked for that another process must stop, in milliseconds. */
const STOP_POLL_MS = 200;

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
  /** A reply was stored in the session, maybe by another process. Makes the next one at once if it has waited for that. */
  sessionAdvanced(sessionId: string): void;
  /** Looks in the database whether the replies that are made here must stop, or are no longer this process's. Never rejects. */
  checkDrafts(): Promise<void>;
  /**
   * Stops a reply, also one that has not begun or that another process makes. Resolves with the stored reply; with null if it could not be
   * stored within some seconds, and then the process that makes it stores it. Rejects as the store does.
   */
  stopReply(target: DraftTarget): Promise<Message | null>;
  /** The replies that are being made in a session of the user. Rejects as the store does. */
  drafts(userId: string, sessionId: string): Promise<Draft[]>;
  /** Aborts the replies to these messages, whose session or user was deleted. */
  discard(isDeleted: (message: { userId: string; sessionId: string }) => boolean): void;
  /** How many replies are being made here. */
  readonly runningCount: number;
  /** Aborts all replies: other processes may have taken them over. Messages that stay unanswered are found again. */
  abortAll(): void;
  /**
   * Starts no more replies, and aborts those in flight: streamed ones after `graceMs`, others immediately. Their messages stay unanswered
   * and can be taken over. Resolves when none of them will use the store any more.
   */
  stop(graceMs: number): Promise<void>;
}

export interface ReplyDependencies {
  store: Pick<MessageStore, 'appendReply' | 'findReply' | 'findUnanswered' | 'readMessages'> &
    Pick<SessionStore, 'findSession' | 'updateSession'> &
    Pick<UserStore, 'addUsage'> &
    DraftStore;
  publisher: Publisher;
  responder: Responder;
  /** Of streamed replies. */
  replyLimits: { total: number; perUser: number };
  meter: ReplyMeter;
  logger: Logger;
  clock: Clock;
  /** Absent if this process alone uses the database. */
  peers?: ReplyPeers | undefined;
  /** Overrides the times after which something that failed is tried again, in tests. */
  replyRetryMs?: number | undefined;
}

/**
 * Asks the responder about messages that were stored without a reply, stores its replies and publishes them. Each streamed reply ends
 * with a stored message, which may be one that says that it failed; another responder is asked until it answers.
 */
export class ReplyService implements Replies {
  private readonly backlog: Backlog;
  private readonly usage: UsageLog;
  private readonly requests: ReplyRequests | null;
  /** By message and variant. */
  private readonly running = new Map<string, RunningReply>();
  private readonly processId = randomUUID();
  private readonly retryMs: number;

  constructor(private readonly dependencies: ReplyDependencies) {
    const { responder, peers, replyLimits, replyRetryMs = RETRY_MS } = dependencies;
    this.retryMs = replyRetryMs;
    this.usage = new UsageLog(dependencies.store, dependencies.meter, replyRetryMs);
    this.requests =
      responder.kind === 'streaming'
        ? new ReplyRequests({
            ...dependencies,
            responder,
            usage: this.usage,
            firstRetryMs: dependencies.replyRetryMs,
          })
        : null;
    this.backlog = new Backlog({
      ...dependencies,
      limits: this.requests ? { ...replyLimits, isInTurn: true } : UNORDERED,
      owner: () => this.owner(),
      isShared: () => peers?.isShared() === true,
      onReady: () => this.startReplies(),
      retryMs: replyRetryMs,
    });
  }

  start(): void {
    this.backlog.sweepNow();
  }

  answer(unanswered: UnansweredMessage): void {
    this.backlog.add(unanswered);
  }

  scheduleSweep(): void {
    this.backlog.scheduleSweep();
  }

  sweepNow(): void {
    this.backlog.sweepNow();
  }

  sessionAdvanced(sessionId: string): void {
    this.backlog.resume(sessionId);
  }

  async checkDrafts(): Promise<void> {
    const checked = [...this.running.values()].flatMap((reply) => {
      const { fence } = reply;
      return fence ? [{ reply, fence }] : [];
    });
    if (checked.length === 0) return;
    const owner = this.owner();
    try {
      const found = await this.dependencies.store.findOwnDrafts(owner);
      const own = new Map(found.map((draft) => [keyOf(draft), draft]));
      for (const { reply, fence } of checked) {
        const draft = own.get(keyOf(fence));
        if (reply.isFinishing) continue;
        if (draft?.stop) reply.stop();
        else if (!draft || fence.owner !== owner) reply.lose();
      }
    } catch {
      // Every store logs its failures, and the next look finds the same.
    }
  }

  async stopReply(target: DraftTarget): Promise<Message | null> {
    const { store, clock, peers } = this.dependencies;
    const deadline = performance.now() + STOP_TIMEOUT_MS;
    const endOf = (reply: RunningReply | null) =>
      reply && settledWithin(Math.max(0, deadline - performance.now()), reply.ended);
    this.backlog.remove(({ message }) => message.messageId === target.replyTo);
    // In the database, too: this process may die, or another one makes the reply.
    const requested = store.requestStop(target, timestampOf(clock()));
    requested.catch(() => {});
    const own = this.running.get(keyOf(target)) ?? null;
    own?.stop();
    const message = (await endOf(own)) ?? ((await requested) && (await endOf(this.finishStopped(target))));
    if (message) return message;
    peers?.hintStop(target);
    return this.storedReply(target, deadline);
  }

  /** Waits for the reply that another process stores. */
  private async storedReply(
    { userId, sessionId, replyTo, variant }: DraftTarget,
    deadline: number,
  ): Promise<Message | null> {
    for (;;) {
      const found = await this.dependencies.store.findReply(userId, sessionId, replyTo);
      if (!found) return null;
      const isEnded = variant === 1 ? found.reply !== null : found.openVariant !== variant;
      if (isEnded) return found.newestReply;
      if (performance.now() > deadline) return null;
      await sleep(STOP_POLL_MS);
    }
  }

  discard(isDeleted: (message: { userId: string; sessionId: string }) => boolean): void {
    for (const reply of this.running.values()) if (isDeleted(reply.target)) reply.lose();
    this.backlog.remove(({ userId, message }) => isDeleted({ userId, sessionId: message.sessionId }));
  }

  abortAll(): void {
    this.discard(() => true);
    this.backlog.scheduleSweep();
  }

  async drafts(userId: string, sessionId: string): Promise<Draft[]> {
    const { store, peers } = this.dependencies;
    const stored = await store.findDrafts([sessionId]);
    const isShown = (draft: StoredDraft) => draft.ended !== null || (this.requests && peers?.isShared());
    const isWanted = (target: DraftTarget) => target.userId === userId && target.sessionId === sessionId;
    const own = this.requests ? [...this.running.values()] : [];
    const others = stored.filter(
      (draft) => isShown(draft) && isWanted(draft) && !this.running.has(keyOf(draft)),
    );
    return [
      ...own.filter(({ target }) => isWanted(target)).map((reply) => reply.snapshot()),
      ...others.map(shownDraft),
    ];
  }

  async stop(graceMs: number): Promise<void> {
    const searched = this.backlog.stop();
    const ended = Promise.all(Array.from(this.running.values(), (reply) => reply.ended));
    if (this.requests) await waitAtMost(graceMs, ended);
    for (const reply of this.running.values()) reply.abort();
    await Promise.all([searched, ended, this.requests?.stop()]);
    this.usage.stop();
  }

  get runningCount(): number {
    return this.running.size;
  }

  private owner(): string {
    return this.dependencies.peers?.owner() ?? this.processId;
  }

  private startReplies(): void {
    for (let next = this.backlog.take(); next; next = this.backlog.take()) this.startReply(next);
  }

  private startReply(unanswered: UnansweredMessage): void {
    const { userId, message, variant = 1 } = unanswered;
    const target = { userId, sessionId: message.sessionId, replyTo: message.messageId, variant };
    // If its stop is being stored, it needs no other reply.
    const reply =
      this.running.get(keyOf(target)) ?? this.run(this.newReply(target, this.requests !== null), unanswered);
    // The title keeps the place, so that no more requests run concurrently than may.
    void reply.ended.then(async (stored) => {
      if (stored && variant === 1) await this.requests?.nameSession(userId, message, stored);
      this.backlog.done(unanswered);
    });
  }

  /** Stores a reply that was stopped before it began, without waiting for its turn. */
  private finishStopped(target: DraftTarget): RunningReply {
    return this.running.get(keyOf(target)) ?? this.run(this.newReply(target, false), null);
  }

  private newReply(target: DraftTarget, isInTurn: boolean): RunningReply {
    const { store, publisher, responder, clock, peers } = this.dependencies;
    return new RunningReply(target, {
      drafts: {
        async claimDraft(claim) {
          peers?.assertAlive();
          return store.claimDraft(claim);
        },
        writeDraft: (fence, change) => store.writeDraft(fence, change),
      },
      publisher: this.requests && publisher,
      clock,
      owner: this.owner(),
      model: responder.kind === 'streaming' ? responder.model : undefined,
      isInTurn,
      retryMs: this.retryMs,
    });
  }

  private run(reply: RunningReply, unanswered: UnansweredMessage | null): RunningReply {
    const key = keyOf(reply.target);
    this.running.set(key, reply);
    reply.ended = this.make(reply, unanswered).finally(() => this.running.delete(key));
    return reply;
  }

  /** `unanswered` is null if the responder must not be asked. */
  private async make(reply: RunningReply, unanswered: UnansweredMessage | null): Promise<Message | null> {
    try {
      if (!(await this.claim(reply, unanswered))) return null;
      const outcome = await this.outcomeOf(reply, unanswered);
      return outcome && (await this.save(reply, outcome));
    } catch (error) {
      await reply.release();
      if (reply.saving.signal.aborted) return null;
      this.dependencies.logger.warn({ err: error }, 'reply failed; it will be tried again');
      this.scheduleSweep();
      return null;
    } finally {
      reply.end();
    }
  }

  /** False if this process must not make the reply now. */
  private async claim(reply: RunningReply, unanswered: UnansweredMessage | null): Promise<boolean> {
    if (!this.isClaimed(unanswered)) return true;
    const claimed = await reply.claim();
    if (claimed === 'busy' && unanswered) this.backlog.postpone(unanswered);
    return claimed !== null && claimed !== 'busy';
  }

  /**
   * A process that is alone needs no draft for a reply without text in between, as the database stores only one reply, and an immediate
   * responder needs none at all.
   */
  private isClaimed(unanswered: UnansweredMessage | null): boolean {
    const { responder, peers } = this.dependencies;
    // A later variant is queued by its draft, which has to end.
    if (!unanswered || unanswered.variant !== undefined || responder.kind === 'streaming') return true;
    return responder.kind === 'deferred' && peers !== undefined;
  }

  /** Null if there is nothing to store. */
  private async outcomeOf(
    reply: RunningReply,
    unanswered: UnansweredMessage | null,
  ): Promise<ReplyOutcome | null> {
    const { storedOutcome } = reply;
    if (storedOutcome) return storedOutcome;
    if (!unanswered) return null;
    if (this.requests && reply.takeOvers > MAX_TAKE_OVERS) return reply.abandonedOutcome();
    if (await this.isReplaced(reply.target)) return reply.stoppedOutcome();
    try {
      return await this.ask(reply, unanswered);
    } catch (error) {
      if (!reply.isStopped) throw error;
      return reply.stoppedOutcome();
    }
  }

  /** True for the first reply to a message that another one replaces: it counts as stopped. */
  private async isReplaced({ userId, sessionId, replyTo, variant }: DraftTarget): Promise<boolean> {
    if (variant > 1) return false;
    const found = await this.dependencies.store.findReply(userId, sessionId, replyTo);
    return found?.isReplaced === true;
  }

  private async ask(reply: RunningReply, { userId, message }: UnansweredMessage): Promise<ReplyOutcome> {
    const { responder, store } = this.dependencies;
    const { signal } = reply.asking;
    const prompt = promptOf(userId, message);
    if (this.requests) {
      const history = (maxCharacters: number) => readHistory(store, userId, message, maxCharacters);
      const { replyTo, variant } = reply.target;
      const streaming: Omit<StreamingPrompt, 'attempt'> = { ...prompt, replyTo, variant, history };
      return this.requests.complete(streaming, reply, signal);
    }
    if (responder.kind === 'streaming') throw new Error('a streaming responder is asked by its requests');
    const content = await untilAborted(signal, responder.respond(prompt, signal));
    return { content };
  }

  /** Stores what has become of a reply. While the database is away, it waits here: the model must not be asked again. */
  private async save(reply: RunningReply, outcome: ReplyOutcome): Promise<Message | null> {
    const { store, publisher, clock, logger, peers, meter } = this.dependencies;
    const recordEnd = () => this.requests && meter.replyEnded(outcome.finish ?? 'complete');
    const { variant, ...answered } = reply.target;
    const end = endWithoutReply(variant, outcome);
    reply.isFinishing = true;
    for (;;) {
      const stamp = { messageId: uuidv7(clock()), timestamp: timestampOf(clock()) };
      const { fence } = reply;
      const newReply = {
        ...answered,
        ...stamp,
        ...outcome,
        ...(variant > 1 && { variant }),
        ...(fence && { fence }),
      };
      try {
        peers?.assertAlive();
        if (end) {
          await reply.giveUp(end);
          recordEnd();
          return null;
        }
        return await store.appendReply(newReply, (stored, session, sessionKey) => {
          // Before it is published, so that a socket that joins now doesn't get both.
          reply.end();
          recordEnd();
          publisher.messagesStored({ session, sessionKey, messages: [stored] });
        });
      } catch (error) {
        if (reply.saving.signal.aborted) throw error;
        logger.warn({ err: error }, 'reply could not be stored; it will be tried again');
        await sleep(this.retryMs, undefined, { signal: reply.saving.signal });
      }
    }
  }
}
