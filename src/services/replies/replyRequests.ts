import { type BranchExchange, BranchWalk } from '../../domain/branch';
import { MAX_REPLY_BYTES, NAME_FROM_CONTENT, PAGE_LENGTH } from '../../domain/limits';
import type { DraftState, Message, ReplyDetails, ReplyErrorCode } from '../../domain/message';
import { nameFromContent } from '../../domain/session';
import { startOf, toLine } from '../../domain/text';
import type { RequestOutcome } from '../../domain/user';
import {
  type ReplyEnd,
  type ReplyPart,
  ResponderFailure,
  type StreamingPrompt,
  type StreamingResponder,
  type TitlePrompt,
  type Turn,
} from '../../responders/responder';
import type { MessageStore, SessionStore } from '../../stores/chatStore';
import { type Clock, untilAborted } from '../../utils/clock';
import type { Logger } from '../../utils/logger';
import type { Publisher } from '../publisher';
import { MeasuredRequest, type RequestedReply, type UsageLog } from './usage';

/** How often a responder that fails before its first text is asked, and for how long. */
const MAX_ATTEMPTS = 4;
const MAX_ATTEMPTS_MS = 600_000;
/** The wait before the second attempt, in milliseconds, if the provider doesn't say. It doubles each time. */
const RETRY_MS = 1_000;
/** How long a session's next reply waits for its title, in milliseconds. */
const TITLE_TIMEOUT_MS = 10_000;
/** Of a title, in UTF-16 code units, as the model sends it. */
const MAX_TITLE_CHARACTERS = 500;
/** Takes the place of the number of the reply in the usage. */
const TITLE_VARIANT = 0;
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
  /** A stop was requested. */
  readonly isStopped: boolean;
  /** Starts an attempt, with an empty text, when it is due. */
  begin(): Promise<void>;
  enter(state: DraftState): void;
  append(text: string): void;
  /** Counts a failure, waits, and prepares the next attempt. */
  retryAfter(waitMs: number): Promise<void>;
}

export interface ReplyRequestDependencies {
  responder: StreamingResponder;
  store: Pick<SessionStore, 'findSession' | 'updateSession'>;
  publisher: Pick<Publisher, 'sessionChanged'>;
  usage: UsageLog;
  logger: Logger;
  clock: Clock;
  /** Overrides `RETRY_MS` in tests. */
  firstRetryMs?: number | undefined;
}

/** Asks a streaming responder for replies, and again where that makes sense, and for titles. */
export class ReplyRequests {
  private logPermanentAfter = 0;
  private readonly stopping = new AbortController();
  private readonly titles = new Set<Promise<string>>();

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
    const request = this.newRequest(prompt);
    let end: ReplyEnd | null = null;
    let failure: ResponderFailure = new ResponderFailure('passing', 'the reply ended before it was complete');
    try {
      end = await this.receive(prompt, request, draft, signal);
    } catch (error) {
      failure = toFailure(error);
    }
    const isAborted = signal.aborted && end === null;
    const outcome = draft.isStopped ? 'stopped' : 'aborted';
    await this.dependencies.usage.record(request, isAborted ? outcome : outcomeOf(end));
    if (isAborted) signal.throwIfAborted();
    return { end, failure };
  }

  /** Null if the reply has no end. */
  private async receive(
    prompt: StreamingPrompt,
    request: MeasuredRequest,
    draft: DraftProgress,
    signal: AbortSignal,
  ): Promise<ReplyEnd | null> {
    let end: ReplyEnd | null = null;
    for await (const part of boundedReply(this.partsOf(prompt, signal))) {
      signal.throwIfAborted();
      request.read(part);
      if ('text' in part) draft.append(part.text);
      else if ('thinking' in part) draft.enter('thinking');
      else if ('finish' in part) end = part.finish;
    }
    return end;
  }

  /**
   * Gives a session a title after its first reply, as long as it is named after its first message. Best effort: never rejects. Waits some
   * seconds at most.
   */
  async nameSession(userId: string, message: Message, reply: Message): Promise<void> {
    const { responder, logger } = this.dependencies;
    if (!responder.title || message.seq !== 1 || reply.finish === 'failed' || reply.content === '') return;
    try {
      await this.replaceName(userId, message, responder.title.bind(responder), reply.content);
    } catch (error) {
      if (!this.stopping.signal.aborted) logger.warn({ err: error }, 'title failed');
    }
  }

  /** Aborts the requests for titles. Resolves when they are recorded. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.allSettled(this.titles);
  }

  private async replaceName(
    userId: string,
    message: Message,
    ask: NonNullable<StreamingResponder['title']>,
    reply: string,
  ): Promise<void> {
    const { store, publisher } = this.dependencies;
    const { sessionId, messageId: replyTo, content } = message;
    const automatic = nameFromContent(content);
    const session = await store.findSession(userId, sessionId);
    if (session?.name !== automatic) return;
    const prompt = { userId, sessionId, replyTo, content, reply };
    const signal = AbortSignal.any([this.stopping.signal, AbortSignal.timeout(TITLE_TIMEOUT_MS)]);
    const asked = this.askForTitle(prompt, ask(prompt, signal));
    this.titles.add(asked);
    const title = await untilAborted(signal, asked).finally(() => this.titles.delete(asked));
    const name = toTitle(title);
    // The user may have renamed it meanwhile.
    const renamed = name === '' ? null : await store.updateSession(userId, sessionId, { name }, automatic);
    if (renamed) publisher.sessionChanged('renamed', renamed);
  }

  private async askForTitle(prompt: TitlePrompt, parts: AsyncIterable<ReplyPart>): Promise<string> {
    const { usage } = this.dependencies;
    const request = this.newRequest({ ...prompt, variant: TITLE_VARIANT, attempt: 1 });
    let outcome: RequestOutcome = 'failed';
    let text = '';
    try {
      for await (const part of parts) {
        request.read(part);
        if ('text' in part) text += part.text;
        if ('finish' in part) outcome = outcomeOf(part.finish);
        // A model without a limit goes on.
        if (text.length > MAX_TITLE_CHARACTERS) break;
      }
    } finally {
      await usage.record(request, this.stopping.signal.aborted ? 'aborted' : outcome);
    }
    return text;
  }

  private newRequest(prompt: RequestedReply): MeasuredRequest {
    const { responder, clock } = this.dependencies;
    return new MeasuredRequest(prompt, responder.model ?? null, clock());
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

function outcomeOf(end: ReplyEnd | null): RequestOutcome {
  if (end === null) return 'failed';
  return end === 'stop' ? 'complete' : end;
}

/** One line without the quotes, headings and labels that models add; empty if there is no title in it. */
function toTitle(text: string): string {
  const line = toLine(text).replace(/^[\s"'“”„«»*#_`]*(?:title\s*:)?[\s"'“”„«»*#_`]*/iu, '');
  return startOf(line.replace(/[\s"'“”«»*_`.]+$/u, ''), NAME_FROM_CONTENT).trimEnd();
}

/** Errors of other kinds come from modules of the operator. */
function toFailure(error: unknown): ResponderFailure {
  if (error instanceof ResponderFailure) return error;
  return new ResponderFailure('passing', 'the responder threw an error', undefined, { cause: error });
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
