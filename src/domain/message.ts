export type Sender = 'user' | 'server';

/**
 * Why a reply is not complete: the user stopped it, it reached the length limit of the model or the server, a content filter of the
 * provider cut it off, or it failed. A `stopped`, `filtered` or `failed` reply may have no text.
 */
export type ReplyFinish = 'stopped' | 'length' | 'filtered' | 'failed';

/**
 * Why a reply has failed: the responder was overloaded or could not be reached; it failed in another way, or in mid-text; or the
 * message is too long for the model.
 */
export type ReplyErrorCode = 'RESPONDER_BUSY' | 'RESPONDER_FAILED' | 'CONTEXT_TOO_LONG';

/** What is known about a reply besides its text. */
export interface ReplyDetails {
  /** Absent if the reply is complete. */
  finish?: ReplyFinish;
  /** With `finish: 'failed'`. */
  error?: { code: ReplyErrorCode };
  /** The model that wrote the reply. */
  model?: string;
}

/** The fields that few messages have. */
export interface RareFields extends ReplyDetails {
  /** Of a reply that was regenerated: 2, 3 … The first reply to a message has none. */
  variant?: number;
  /** Of a user message that is an edited version of an earlier one: the `messageId` of that one. */
  replaces?: string;
}

/** Only the rare fields of a message, without those that are undefined. */
export function rareFieldsOf({ finish, error, model, variant, replaces }: RareFields): RareFields {
  return {
    ...(finish && { finish }),
    ...(error && { error }),
    ...(model !== undefined && { model }),
    ...(variant !== undefined && { variant }),
    ...(replaces !== undefined && { replaces }),
  };
}

/** A stored message, the same in REST and Socket.IO. */
export interface Message extends RareFields {
  /** UUIDv7: ids of later messages sort after those of earlier ones. */
  messageId: string;
  sessionId: string;
  /** Sequence number in the session: 1, 2, 3 … without gaps. */
  seq: number;
  sender: Sender;
  content: string;
  /** When the server received it, ISO 8601 UTC. */
  timestamp: string;
  /** The client's own id of a user message. Sending it again in the same session stores nothing new. */
  clientMessageId?: string;
  /** Of a server message: the `messageId` of the message it answers. */
  replyTo?: string;
}

/** A page of a session's messages. Without `before` and `after`: the latest. At most one of them is set. */
export interface MessageQuery {
  /** The nearest messages with a smaller `seq`. */
  before?: number;
  /** The nearest messages with a larger `seq`. */
  after?: number;
  limit: number;
}

/** Messages ascending by `seq`. `hasMore` is true if there are more in the direction of reading. */
export interface MessagePage {
  messages: Message[];
  hasMore: boolean;
}

/**
 * What is happening to a reply that is not stored yet: the model was asked, it reasons, its text arrives, it failed before its first
 * text and will be asked again, or it has `failed` and nothing more comes. Only a regenerated reply fails without becoming a message.
 */
export type DraftState = 'asking' | 'thinking' | 'writing' | 'waiting' | 'failed';

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
  /** With state `failed`, unless the user has stopped it. */
  error?: { code: ReplyErrorCode };
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
  const { replyTo, variant, attempt, at, text, state, error } = delta;
  const order = draft ? variant - draft.variant || attempt - draft.attempt : 1;
  if (draft && order < 0) return draft;
  const known = draft && order === 0 ? draft.text : '';
  if (at > known.length) return null;
  return { replyTo, variant, attempt, text: known.slice(0, at) + text, state, ...(error && { error }) };
}
