import type { Message } from '../domain/message';

/** What a responder is asked to answer: what one user wrote into one session. */
export interface Prompt {
  userId: string;
  sessionId: string;
  content: string;
}

/**
 * The part that answers users. One that is `immediate` answers without waiting for anything, so that message and reply go to
 * disk together. One that is not is asked once the message is stored; `signal` aborts when the server stops. If it fails,
 * or the server dies, it is asked again: it may be asked more than once for a message, but only one answer is stored.
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
