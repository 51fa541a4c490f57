import type { Message } from '../domain/message';

/** The message that a responder is asked to answer. */
export interface Prompt {
  userId: string;
  sessionId: string;
  content: string;
}

/**
 * Answers user messages. An `immediate` responder answers synchronously, so that message and reply are stored in one commit. A
 * `deferred` one is asked after the message was stored; `signal` aborts when the server stops. If it rejects, or the server crashes,
 * it is asked again: it may be asked more than once for a message, but only one answer is stored.
 */
export type Responder =
  | { kind: 'immediate'; respond(prompt: Prompt): string }
  | { kind: 'deferred'; respond(prompt: Prompt, signal: AbortSignal): Promise<string> };

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
