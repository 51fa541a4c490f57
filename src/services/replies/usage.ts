import { setTimeout as sleep } from 'node:timers/promises';
import { ChatError } from '../../domain/errors';
import type { ReplyFinish } from '../../domain/message';
import type { RequestOutcome, RequestUsage } from '../../domain/user';
import { estimateTokens, type ReplyPart, type StreamingPrompt, type Usage } from '../../responders/responder';
import type { UserStore } from '../../stores/chatStore';
import { type Clock, timestampOf } from '../../utils/clock';

const DAY_MS = 86_400_000;
/** More than any model counts; databases store it exactly. */
const MAX_TOKENS = 2 ** 40;

/** Records streamed replies and the requests for them. Its methods are synchronous and must not throw. */
export interface ReplyMeter {
  /** A request has ended after `seconds`. `firstTextSeconds` is null if no text has arrived. */
  requestEnded(usage: RequestUsage, seconds: number, firstTextSeconds: number | null): void;
  /** A reply has been stored, or given up. */
  replyEnded(finish: ReplyFinish | 'complete'): void;
}

/** What identifies a request, and what is sent with it. */
export type RequestedReply = Pick<StreamingPrompt, 'userId' | 'replyTo' | 'variant' | 'attempt' | 'content'>;

/** A request to a responder, measured while it runs. */
export class MeasuredRequest {
  private readonly startedAt = performance.now();
  private firstTextAt: number | null = null;
  private hasArrived = false;
  private characters = 0;
  private usage: Usage;

  /** `model` is the name of the one that is asked. */
  constructor(
    private readonly prompt: RequestedReply,
    private readonly model: string | null,
    private readonly sentAt: number,
  ) {
    // Until the responder reports more, only the message is known to have been sent.
    const promptTokens = estimateTokens(prompt.content.length);
    this.usage = { promptTokens, completionTokens: 0, estimated: true };
  }

  /** Takes note of the next part that has arrived. */
  read(part: ReplyPart): void {
    if ('usage' in part) this.usage = part.usage;
    else this.hasArrived = true;
    if (!('text' in part)) return;
    this.characters += part.text.length;
    this.firstTextAt ??= performance.now();
  }

  seconds(): number {
    return (performance.now() - this.startedAt) / 1000;
  }

  /** Null if no text has arrived. */
  firstTextSeconds(): number | null {
    return this.firstTextAt === null ? null : (this.firstTextAt - this.startedAt) / 1000;
  }

  /** What the request has cost, now that it has ended. */
  cost(outcome: RequestOutcome): RequestUsage {
    const { userId, replyTo, variant, attempt } = this.prompt;
    const day = dayOf(this.sentAt);
    return { replyTo, variant, attempt, userId, day, model: this.model, ...this.tokens(outcome), outcome };
  }

  private tokens(outcome: RequestOutcome) {
    const { promptTokens, completionTokens, estimated = false } = this.usage;
    // Providers don't charge for a request that they have refused.
    if (estimated && outcome === 'failed' && !this.hasArrived) {
      return { promptTokens: 0, completionTokens: 0, estimated };
    }
    const completion = estimated ? estimateTokens(this.characters) : completionTokens;
    return { promptTokens: wholeTokens(promptTokens), completionTokens: wholeTokens(completion), estimated };
  }
}

/** A responder may report anything. */
function wholeTokens(value: number): number {
  return value > 0 ? Math.min(MAX_TOKENS, Math.ceil(value)) : 0;
}

/** The UTC day of a time, `YYYY-MM-DD`. */
function dayOf(milliseconds: number): string {
  return timestampOf(milliseconds).slice(0, 10);
}

/** Records what requests cost. */
export class UsageLog {
  private readonly stopping = new AbortController();

  constructor(
    private readonly store: Pick<UserStore, 'addUsage'>,
    private readonly meter: ReplyMeter,
    /** How long after a failure of the database it is tried again, in milliseconds. */
    private readonly retryMs: number,
  ) {}

  /**
   * Records a request that has ended. Resolves when it is on disk, or when the database does not respond: then it is tried again in the
   * background until the server stops. Never rejects.
   */
  async record(request: MeasuredRequest, outcome: RequestOutcome): Promise<void> {
    const usage = request.cost(outcome);
    this.meter.requestEnded(usage, request.seconds(), request.firstTextSeconds());
    if (!(await this.add(usage))) void this.retry(usage);
  }

  stop(): void {
    this.stopping.abort();
  }

  private async retry(usage: RequestUsage): Promise<void> {
    const { signal } = this.stopping;
    do await sleep(this.retryMs, undefined, { signal, ref: false }).catch(() => {});
    while (!signal.aborted && !(await this.add(usage)));
  }

  /** False if the database did not respond. Every store logs its failures. */
  private async add(usage: RequestUsage): Promise<boolean> {
    try {
      await this.store.addUsage(usage);
      return true;
    } catch {
      return false;
    }
  }
}

/** Limits the tokens of each user and UTC day. */
export class DailyTokens {
  private readonly reads = new Map<string, Promise<number>>();

  constructor(
    private readonly store: Pick<UserStore, 'countTokens'>,
    private readonly limit: number,
    private readonly clock: Clock,
    private readonly onHit: () => void,
  ) {}

  /**
   * True if the user has none left today. Concurrent calls of a user share a read, so that they resolve in the order of the calls, and
   * messages stay in order. Rejects as the store does.
   */
  async areSpent(userId: string): Promise<boolean> {
    const read =
      this.reads.get(userId) ??
      this.store.countTokens(userId, dayOf(this.clock())).finally(() => this.reads.delete(userId));
    this.reads.set(userId, read);
    return (await read) >= this.limit;
  }

  /** The refusal of a request that would need more tokens. */
  refusal(): ChatError {
    this.onHit();
    return new ChatError('RATE_LIMITED', {
      detail: 'Your daily limit for replies is reached. Try again after midnight UTC.',
      retryAfterMs: DAY_MS - (this.clock() % DAY_MS),
      limit: { name: 'tokens', quota: this.limit, seconds: DAY_MS / 1000 },
    });
  }
}
