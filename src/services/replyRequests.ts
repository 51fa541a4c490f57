import { setTimeout as sleep } from 'node:timers/promises';
import type { DraftState } from '../domain/draft';
import type { ReplyDetails, ReplyErrorCode } from '../domain/message';
import { boundedReply } from '../responders/boundedReply';
import {
  type ReplyEnd,
  type ReplyPart,
  ResponderFailure,
  type StreamingPrompt,
  type StreamingResponder,
} from '../responders/responder';
import type { Clock } from '../utils/clock';
import type { Logger } from '../utils/logger';

/** How often a responder that fails before its first text is asked, and for how long. */
const MAX_ATTEMPTS = 4;
const MAX_ATTEMPTS_MS = 600_000;
/** The wait before the second attempt, in milliseconds, if the provider doesn't say. It doubles each time. */
const RETRY_MS = 1_000;
/** How often the same permanent failure is logged. */
const LOG_INTERVAL_MS = 60_000;

/** What is stored as the reply. */
export interface ReplyOutcome extends ReplyDetails {
  content: string;
}

/** The draft of a reply, which is published as it changes. */
export interface DraftProgress {
  readonly text: string;
  /** Starts an attempt, with an empty text. */
  begin(attempt: number): void;
  enter(state: DraftState): void;
  append(text: string): void;
}

export interface ReplyRequestDependencies {
  responder: StreamingResponder;
  logger: Logger;
  clock: Clock;
  /** Overrides `RETRY_MS` in tests. */
  firstRetryMs?: number | undefined;
}

/** Asks a streaming responder for replies, and again where that makes sense. */
export class ReplyRequests {
  private logPermanentAfter = 0;

  constructor(private readonly dependencies: ReplyRequestDependencies) {}

  /**
   * Returns what to store, and reports what arrives to `draft`. A failure before the first text is tried again; after that, the text is kept and the reply counts as failed.
   * Rejects only if `signal` aborts.
   */
  async complete(
    prompt: Omit<StreamingPrompt, 'attempt'>,
    draft: DraftProgress,
    signal: AbortSignal,
  ): Promise<ReplyOutcome> {
    const { clock, responder } = this.dependencies;
    const model = responder.model === undefined ? {} : { model: responder.model };
    const startedAt = clock();
    for (let attempt = 1; ; attempt++) {
      draft.begin(attempt);
      const { end, failure } = await this.ask({ ...prompt, attempt }, draft, signal);
      const content = draft.text;
      if (end) return { content, ...(end !== 'stop' && { finish: end }), ...model };
      const waitMs = content === '' ? this.waitAfter(failure, attempt, clock() - startedAt) : null;
      this.log(failure, waitMs === null ? 'reply failed' : 'reply failed; it will be tried again');
      if (waitMs === null)
        return { content, finish: 'failed', error: { code: codeOf(failure, content) }, ...model };
      draft.enter('waiting');
      await sleep(waitMs, undefined, { signal });
    }
  }

  private async ask(
    prompt: StreamingPrompt,
    draft: DraftProgress,
    signal: AbortSignal,
  ): Promise<AttemptResult> {
    let end: ReplyEnd | null = null;
    let failure: ResponderFailure = new ResponderFailure('passing', 'the reply ended before it was complete');
    try {
      for await (const part of boundedReply(this.partsOf(prompt, signal))) {
        signal.throwIfAborted();
        if ('text' in part) draft.append(part.text);
        else if ('thinking' in part) draft.enter('thinking');
        else if ('finish' in part) end = part.finish;
      }
    } catch (error) {
      signal.throwIfAborted();
      // Errors of other kinds come from modules of the operator.
      failure =
        error instanceof ResponderFailure
          ? error
          : new ResponderFailure('passing', 'the responder threw an error', undefined, { cause: error });
    }
    return { end, failure };
  }

  /** A responder may throw before it returns. */
  private async *partsOf(prompt: StreamingPrompt, signal: AbortSignal): AsyncGenerator<ReplyPart> {
    yield* this.dependencies.responder.respond(prompt, signal);
  }

  /** Milliseconds until the next attempt; null if there is none. */
  private waitAfter(
    { kind, retryAfterMs }: ResponderFailure,
    attempt: number,
    elapsedMs: number,
  ): number | null {
    const { firstRetryMs = RETRY_MS } = this.dependencies;
    if (attempt >= MAX_ATTEMPTS || kind === 'permanent' || kind === 'contextTooLong') return null;
    // Different for each reply, so that they don't all come back together.
    const waitMs = retryAfterMs ?? firstRetryMs * 2 ** (attempt - 1) * (0.75 + Math.random() / 2);
    return elapsedMs + waitMs < MAX_ATTEMPTS_MS ? waitMs : null;
  }

  /** A permanent failure is one of the configuration, so it would be logged for each message. */
  private log(failure: ResponderFailure, event: string): void {
    const { logger, clock } = this.dependencies;
    const { kind } = failure;
    if (kind !== 'permanent') logger.warn({ err: failure, kind }, event);
    else if (clock() >= this.logPermanentAfter) {
      this.logPermanentAfter = clock() + LOG_INTERVAL_MS;
      logger.error({ err: failure, kind }, event);
    }
  }
}

interface AttemptResult {
  /** Null if the attempt failed. */
  end: ReplyEnd | null;
  failure: ResponderFailure;
}

function codeOf({ kind }: ResponderFailure, content: string): ReplyErrorCode {
  if (kind === 'contextTooLong') return 'CONTEXT_TOO_LONG';
  return kind === 'permanent' || content !== '' ? 'RESPONDER_FAILED' : 'RESPONDER_BUSY';
}
