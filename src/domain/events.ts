import type { ErrorCode, FieldError } from './errors';
import type { Draft, DraftDelta, Message } from './message';
import type { Session, SessionEvent } from './session';

/** Why an event was refused. */
export interface EventFailure {
  code: ErrorCode;
  /** A text for people: what is wrong and what to do. */
  message: string;
  errors?: readonly FieldError[];
  /** How long to wait before trying again, in milliseconds. */
  retryAfterMs?: number;
}

/** The acknowledgement of an event, with the fields of `T` if it succeeded. */
export type Answer<T extends object = object> = ({ ok: true } & T) | { ok: false; error: EventFailure };
export type Ack<T extends object = object> = (answer: Answer<T>) => void;

/** The payload of `join-session`. */
export interface JoinTarget {
  sessionId: string;
  /** Also return the messages after this `seq`; 0 for all. */
  after?: number;
}

/** The acknowledgement of `join-session`. */
export interface Joined {
  session: Session;
  /** The messages after `after`, ascending by `seq`. If `hasMore`, only the first page of them. */
  messages?: Message[];
  hasMore?: boolean;
  /** The replies that are being made. Absent if there is none. */
  drafts?: Draft[];
}

/** The payload of `message`. */
export interface SendPayload {
  sessionId: string;
  content: string;
  /** Identifies this message in the session, chosen by the client. Sending it again is idempotent. */
  clientMessageId?: string;
  /** The `messageId` of a message of the user in this session, of which this is an edited version. */
  replaces?: string;
}

/** The acknowledgement of `message`. */
export interface Sent {
  message: Message;
  /** The `clientMessageId` was stored before, with this message. */
  duplicate?: true;
}

/** The payload of `stop-reply`. */
export interface StopPayload {
  sessionId: string;
  /** The `messageId` of the user message. */
  replyTo: string;
}

/** The payload of `regenerate`. */
export interface RegeneratePayload {
  sessionId: string;
  /** The `messageId` of the user message. */
  replyTo: string;
  /** The number after the newest reply to it that the client knows, which is 1 for the first one. */
  variant: number;
}

/** The acknowledgement of `stop-reply`. */
export interface Stopped {
  /** The reply: what had arrived of it, or all of it if it was stored before. Null if it could not be stored in time; it will be. */
  message: Message | null;
}

/** The events that clients send. Every acknowledgement is optional; without it, a failure is sent as an `error` event. */
export interface ClientToServerEvents {
  /** Joins a session, and creates it if nobody has this id. */
  'join-session': (target: string | JoinTarget, ack?: Ack<Joined>) => void;
  'leave-session': (sessionId: string, ack?: Ack) => void;
  /** Stores a message. It joins the session, and creates it if nobody has this id. */
  message: (message: SendPayload, ack?: Ack<Sent>) => void;
  /** Stops the reply to a message, also one that has not begun. Idempotent. */
  'stop-reply': (target: StopPayload, ack?: Ack<Stopped>) => void;
  /** Makes a further reply to a message, beside the ones it has. With the number of the newest one it is a repeat, and harmless. */
  regenerate: (target: RegeneratePayload, ack?: Ack<{ variant: number }>) => void;
  /** Replaces the token of the connection before it expires, with a fresh one of the same login. */
  authenticate: (token: string, ack?: Ack<{ expiresAt: string }>) => void;
}

/** The payload of `error`. */
export interface ErrorEvent extends EventFailure {
  /** The event that failed. */
  event: string;
  /** The message that failed, if it carried a valid one. */
  clientMessageId?: string;
}

/** The events that the server sends. Each has one argument. */
export interface ServerToClientEvents {
  /** A message of a session that this socket has joined, in the order of `seq`. */
  message: (message: Message) => void;
  /**
   * A piece of a reply that is being made, in a session that this socket has joined. The `message` event with this `replyTo` ends it.
   * Clients that only want whole replies ignore it.
   */
  reply: (delta: DraftDelta) => void;
  /**
   * A session of the user was created, changed or deleted. The socket that caused it is left out; a change over REST goes to all. Type
   * `changed`: it was read, pinned or archived, reported at most once a second. Type
   * `active`, to all sockets of the user whether or not they joined: the session has new messages, reported at most once a second; the
   * last of these events has the latest state. Type `list`, without a session: earlier events may be missing, so the client reads its
   * list of sessions again.
   */
  session: (event: SessionEvent) => void;
  /** The socket's token expires at this time, in 60 s or less. Then the socket is disconnected. */
  'token-expiring': (event: { expiresAt: string }) => void;
  /** An event that was sent without an acknowledgement has failed. */
  error: (error: ErrorEvent) => void;
}

/** The `data` of a `connect_error`. */
export type ConnectErrorData = Pick<EventFailure, 'code'>;
