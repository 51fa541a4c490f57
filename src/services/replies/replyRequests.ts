import { type BranchExchange, BranchWalk } from '../../domain/branch';
import { MAX_REPLY_BYTES, PAGE_LENGTH } from '../../domain/limits';
import type { DraftState, Message, ReplyDetails, ReplyErrorCode } from '../../domain/message';
import {
  type ReplyEnd,
  type ReplyPart,
  ResponderFailure,
  type StreamingPrompt,
  type StreamingResponder,
  type Turn,
} from '../../responders/responder';
import type { MessageStore } from '../../stores/chatStore';
import type { Clock } from '../../utils/clock';
import type { Logger } from '../../utils/logger';

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

/** The draft of a reply, which is stored and published as it changes. */
export interface DraftProgress {
  readonly text: string;
  /** Counts the requests. */
  readonly attempt: number;
  /** How many of them have failed, also before a restart, and when the first one was sent, in milliseconds since 1970. */
  readonly failures: number;
  readonly startedAt: number;
  /** Starts an attempt, with an empty text, when it is due. */
  begin(): Promise<void>;
  enter(state: DraftState): void;
  append(text: string): void;
  /** Counts a failure, waits, and prepares the next attempt. */
  retryAfter(waitMs: number): Promise<void>;
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
    for (;;) {
      await draft.begin();
      const { end, failure } = await this.ask({ ...prompt, attempt: draft.attempt }, draft, signal);
      const content = draft.text;
      if (end) return { content, ...(end !== 'stop' && { finish: end }), ...model };
      const elapsedMs = clock() - draft.startedAt;
      const waitMs = content === '' ? this.waitAfter(failure, draft.failures + 1, elapsedMs) : null;
      this.log(failure, waitMs === null ? 'reply failed' : 'reply failed; it will be tried again');
      if (waitMs === null)
        return { content, finish: 'failed', error: { code: codeOf(failure, content) }, ...model };
      await draft.retryAfter(waitMs);
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
    failures: number,
    elapsedMs: number,
  ): number | null {
    const { firstRetryMs = RETRY_MS } = this.dependencies;
    if (failures >= MAX_ATTEMPTS || kind === 'permanent' || kind === 'contextTooLong') return null;
    // Different for each reply, so that they don't all come back together.
    const waitMs = retryAfterMs ?? firstRetryMs * 2 ** (failures - 1) * (0.75 + Math.random() / 2);
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

/**
 * Passes on the parts of a reply so that its text can be stored and its end can be trusted. No text part splits a surrogate pair; lone
 * surrogates and NUL, which don't survive storage, become U+FFFD. A reply longer than `MAX_REPLY_BYTES` ends there, with `length`.
 * Throws a `ResponderFailure` if the parts end without `finish`, or with `stop` and no text.
 */
export async function* boundedReply(parts: AsyncIterable<ReplyPart>): AsyncGenerator<ReplyPart> {
  const reply = new BoundedReply();
  for await (const part of parts) {
    yield* reply.read(part);
    if (reply.isComplete) return;
  }
  throw new ResponderFailure('passing', 'the reply ended before it was complete');
}

/** A reply as it arrives. */
class BoundedReply {
  isComplete = false;
  /** Nothing but white space has arrived. */
  private isBlank = true;
  private bytes = 0;
  /** The first half of a surrogate pair, until its second half arrives. */
  private held = '';

  *read(part: ReplyPart): Generator<ReplyPart> {
    if ('text' in part) yield* this.accept(this.joined(part.text));
    else if ('finish' in part) yield* this.end(part);
    else yield part;
  }

  /** Prepends the half that was held back, and holds back the half at the end. */
  private joined(piece: string): string {
    const text = this.held + piece;
    const isSplit = /[\ud800-\udbff]$/.test(text);
    this.held = isSplit ? text.slice(-1) : '';
    return isSplit ? text.slice(0, -1) : text;
  }

  private *accept(raw: string): Generator<ReplyPart> {
    const text = raw.toWellFormed().replaceAll('\0', '\ufffd');
    const fitting = truncate(text, MAX_REPLY_BYTES - this.bytes);
    this.bytes += Buffer.byteLength(fitting);
    this.isBlank &&= fitting.trim() === '';
    if (fitting !== '') yield { text: fitting };
    if (fitting.length === text.length) return;
    this.isComplete = true;
    yield { finish: 'length' };
  }

  private *end(part: { finish: ReplyEnd }): Generator<ReplyPart> {
    yield* this.accept(this.held);
    if (this.isComplete) return;
    if (part.finish === 'stop' && this.isBlank) {
      throw new ResponderFailure('permanent', 'the responder returned no text');
    }
    this.isComplete = true;
    yield part;
  }
}

/** The beginning of the text that has at most `maxBytes` bytes of UTF-8. */
function truncate(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(maxBytes));
  return text.slice(0, read);
}

/**
 * Reads the conversation before a user message, on its branch, oldest first: the latest whole exchanges that fit into `maxCharacters`,
 * each with its newest reply. A reply belongs to its message, even if later messages were stored before it. Replies without text and failed ones are left out, and consecutive
 * user messages are joined.
 */
export async function readHistory(
  store: Pick<MessageStore, 'readMessages'>,
  userId: string,
  message: Pick<Message, 'sessionId' | 'messageId'>,
  maxCharacters: number,
): Promise<Turn[]> {
  const chosen: BranchExchange[] = [];
  let room = maxCharacters;
  for await (const exchange of exchangesBefore(store, userId, message)) {
    room -= exchange.message.content.length + (exchange.replies.at(-1)?.content.length ?? 0);
    if (room < 0) break;
    chosen.unshift(exchange);
  }
  return joinTurns(chosen.flatMap(turnsOf));
}

/** The exchanges on the branch of a user message, without its own, newest first. */
async function* exchangesBefore(
  store: Pick<MessageStore, 'readMessages'>,
  userId: string,
  { sessionId, messageId }: Pick<Message, 'sessionId' | 'messageId'>,
): AsyncGenerator<BranchExchange> {
  const branch = new BranchWalk(messageId);
  // From the end of the session, as a reply may stand anywhere after its message.
  for (let before: number | undefined, hasMore = true; hasMore; ) {
    const query = { limit: PAGE_LENGTH.max, ...(before !== undefined && { before }) };
    const page = await store.readMessages(userId, sessionId, query);
    for (const message of page?.messages.toReversed() ?? []) {
      const exchange = branch.read(message);
      if (exchange && message.messageId !== messageId) yield exchange;
    }
    before = page?.messages[0]?.seq;
    hasMore = page?.hasMore ?? false;
  }
}

function turnsOf({ message, replies }: BranchExchange): Turn[] {
  const reply = replies.at(-1);
  const question: Turn = { role: 'user', content: message.content };
  if (!reply?.content || reply.finish === 'failed') return [question];
  return [question, { role: 'assistant', content: reply.content }];
}

function joinTurns(turns: readonly Turn[]): Turn[] {
  const joined: Turn[] = [];
  for (const { role, content } of turns) {
    const last = joined.at(-1);
    if (last?.role === role) last.content += `\n\n${content}`;
    else joined.push({ role, content });
  }
  return joined;
}
