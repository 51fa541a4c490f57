import type { Message } from '../domain/message';

/** The message that a responder is asked to answer. */
export interface Prompt {
  userId: string;
  sessionId: string;
  content: string;
}

/** The message that a streaming responder is asked to answer, and access to what was said before it. */
export interface StreamingPrompt extends Prompt {
  /** The `messageId` of the user message. */
  replyTo: string;
  /** 1 for the first reply to the message. */
  variant: number;
  /** Counts the requests for this reply, from 1. With `replyTo` and `variant` it identifies one request. */
  attempt: number;
  /**
   * The conversation before this message, oldest first: the latest whole exchanges that fit into `maxCharacters` UTF-16 code units. Of
   * an edited message only the latest version counts, and of several replies to a message the newest.
   * It starts with a user turn, and the roles alternate, except that the last turn is the user's if that message has no reply.
   */
  history(maxCharacters: number): Promise<Turn[]>;
}

/** What one side said, without interruption. */
export interface Turn {
  role: 'user' | 'assistant';
  content: string;
}

/** The first exchange of a session, which a title is made of. */
export interface TitlePrompt extends Prompt {
  /** The `messageId` of the user message. */
  replyTo: string;
  reply: string;
}

/** The tokens of one request. Of several reports the last one counts. */
export interface Usage {
  promptTokens: number;
  completionTokens: number;
  /** The provider has not counted them. Those of the completion are then computed from the text that arrives. */
  estimated?: boolean;
}

/** UTF-16 code units per token, estimated low: 4 in English, fewer in most other languages. */
export const CHARACTERS_PER_TOKEN = 3;

export function estimateTokens(characters: number): number {
  return Math.ceil(characters / CHARACTERS_PER_TOKEN);
}

/** Why a reply is complete: the model stopped by itself, reached its limit, or was stopped by a content filter. */
export type ReplyEnd = 'stop' | 'length' | 'filtered';

/** A part of a streamed reply. `thinking` reports that the model reasons, whose text is not part of the reply. */
export type ReplyPart = { text: string } | { thinking: true } | { usage: Usage } | { finish: ReplyEnd };

/**
 * Answers user messages. An `immediate` responder answers synchronously, so that message and reply are stored in one commit. A
 * `deferred` one is asked after the message was stored; `signal` aborts when the server stops. If it rejects, or the server crashes,
 * it is asked again: it may be asked more than once for a message, but only one answer is stored. A `streaming` one yields its answer
 * in parts.
 */
export type Responder =
  | { kind: 'immediate'; respond(prompt: Prompt): string }
  | { kind: 'deferred'; respond(prompt: Prompt, signal: AbortSignal): Promise<string> }
  | StreamingResponder;

/**
 * Yields its reply in parts. The reply is complete only after a `finish` part: a stream that ends without one, or throws, has failed. A
 * `ResponderFailure` says whether another attempt makes sense. `signal` aborts when the reply is stopped.
 */
export interface StreamingResponder {
  kind: 'streaming';
  /** The name of the model, which is stored with each reply. */
  model?: string;
  respond(prompt: StreamingPrompt, signal: AbortSignal): AsyncIterable<ReplyPart>;
  /** Yields a title for a session after its first reply. Absent if sessions keep the name that they have from their first message. */
  title?(prompt: TitlePrompt, signal: AbortSignal): AsyncIterable<ReplyPart>;
}

/**
 * Why a responder failed: `passing`, such as a network that is down; `limited`, because too much was asked; `contextTooLong` for the
 * model; or `permanent`, where another attempt would fail too.
 */
export type FailureKind = 'passing' | 'limited' | 'contextTooLong' | 'permanent';

/** A failed attempt of a streaming responder. The message is for the log; users never see it. */
export class ResponderFailure extends Error {
  constructor(
    readonly kind: FailureKind,
    message: string,
    /** How long to wait before another attempt, in milliseconds, if the provider said so. */
    readonly retryAfterMs?: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'ResponderFailure';
  }
}

export function promptOf(
  userId: string,
  { sessionId, content }: Pick<Message, 'sessionId' | 'content'>,
): Prompt {
  return { userId, sessionId, content };
}

/** Answers every message with its own content. */
export const echo: Responder = {
  kind: 'immediate',
  respond: ({ content }) => content,
};

/** How much of a provider's error is logged. */
const MAX_TEXT_LENGTH = 500;
const TOO_LONG =
  /context[ _](length|size|window)|maximum context|prompt is too long|exceed_context|too many (input )?tokens/i;
/** Statuses that may pass by themselves, besides those from 500. 409 is a conflict with an earlier request, 425 is "too early". */
const PASSING_STATUSES = [408, 409, 425];

/**
 * The failure that a provider reports with the status of its response, or in a stream with status 200, where `status` is null.
 * `error` is what it said: a text, or an object with `message`, `code` or `type`.
 */
export function failureOf(status: number | null, error: unknown, retryAfterMs?: number): ResponderFailure {
  const { message, code, type } = describe(error);
  const effective = status ?? statusIn(error);
  const details = [effective && `status ${effective}`, code, type, message].filter(Boolean).join(', ');
  const kind = kindOf(effective, `${code} ${type}`, message);
  return new ResponderFailure(
    kind,
    `the responder reported an error: ${details.slice(0, MAX_TEXT_LENGTH)}`,
    retryAfterMs,
  );
}

/** Reads `Retry-After`, in seconds or as a date, and the header with milliseconds that some providers send. */
export function retryAfterOf(headers: Headers, now: number): number | undefined {
  const milliseconds = Number(headers.get('retry-after-ms') ?? Number.NaN);
  if (milliseconds >= 0) return milliseconds;
  const text = headers.get('retry-after');
  if (text === null) return undefined;
  const waitMs = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isFinite(waitMs) ? Math.max(0, waitMs) : undefined;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(status: number | null, code: string, message: string): FailureKind {
  if (TOO_LONG.test(code) || (status !== 429 && TOO_LONG.test(message))) return 'contextTooLong';
  // The account has no credit left, which waiting doesn't change.
  if (/insufficient_quota/.test(code)) return 'permanent';
  if (status === 429 || /rate_limit/.test(code)) return 'limited';
  if (status === null || status >= 500 || PASSING_STATUSES.includes(status)) return 'passing';
  return 'permanent';
}

function describe(error: unknown): { message: string; code: string; type: string } {
  if (!isRecord(error)) return { message: typeof error === 'string' ? error : '', code: '', type: '' };
  return { message: word(error.message), code: word(error.code), type: word(error.type) };
}

/** In a stream, some providers send the status as the code of the error. */
function statusIn(error: unknown): number | null {
  if (!isRecord(error)) return null;
  const status = Number(error.code ?? error.status);
  return status >= 400 && status < 600 ? status : null;
}

function word(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
