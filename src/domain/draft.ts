/**
 * What is happening to a reply that is not stored yet: the model was asked, it reasons, its text arrives, or it failed before its first
 * text and will be asked again.
 */
export type DraftState = 'asking' | 'thinking' | 'writing' | 'waiting';

/** A reply while it is being made. It has no `seq`: its final text is stored as a message, which replaces it. */
export interface Draft {
  /** The `messageId` of the user message. */
  replyTo: string;
  /** 1 for the first reply to the message. */
  variant: number;
  /** Counts the requests for this reply, from 1. A new attempt begins with an empty text. */
  attempt: number;
  text: string;
  state: DraftState;
}

/** A piece of a draft: everything after the first `at` UTF-16 code units of its text. */
export interface DraftDelta extends Draft {
  sessionId: string;
  at: number;
}

/**
 * Applies a piece to the draft that a client has, if it has one. Returns the new draft, the same one for a piece of an earlier attempt,
 * or null if text is missing in between; then the client must join the session again.
 */
export function applyDelta(draft: Draft | undefined, delta: DraftDelta): Draft | null {
  const { replyTo, variant, attempt, at, text, state } = delta;
  const order = draft ? variant - draft.variant || attempt - draft.attempt : 1;
  if (draft && order < 0) return draft;
  const known = draft && order === 0 ? draft.text : '';
  if (at > known.length) return null;
  return { replyTo, variant, attempt, text: known.slice(0, at) + text, state };
}
