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
   * The conversation before this message, oldest first: the latest whole exchanges that fit into `maxCharacters` UTF-16 code units.
   * It starts with a user turn, and the roles alternate, except that the last turn is the user's if that message has no reply.
   */
  history(maxCharacters: number): Promise<Turn[]>;
}

/** What one side said, without interruption. */
export interface Turn {
  role: 'user' | 'assistant';
  content: string;
}

/** The tokens that a provider has counted for one request. */
export interface Usage {
  promptTokens: number;
  completionTokens: number;
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
