import type { ErrorCode, FieldError } from './errors';
import type { Identity } from './login';
import type { Message } from './message';
import type { Session, SessionChange } from './session';

/** Why an event was rejected. */
export interface EventFailure {
  code: ErrorCode;
  /** For people: the problem and how to solve it. */
  message: string;
  errors?: readonly FieldError[];
  retryAfterMs?: number;
}

/** The acknowledgement of an event: `T` if it succeeded. */
export type Answer<T extends object = object> = ({ ok: true } & T) | { ok: false; error: EventFailure };
export type Ack<T extends object = object> = (answer: Answer<T>) => void;

export interface JoinTarget {
  sessionId: string;
  /** Return the messages after this `seq`, 0 for all. */
  after?: number;
}

export interface Joined {
  session: Session;
  /** The messages after `after`, ascending: only the first page of them if `hasMore`. */
  messages?: Message[];
  hasMore?: boolean;
}

export interface SendPayload {
  sessionId: string;
  content: string;
  /** The client's own id of this message, which makes sending it again idempotent. */
  clientMessageId?: string;
}

export interface Sent {
  message: Message;
  duplicate?: true;
}

/** The events that clients send. Without an `ack`, a failure is reported by an `error` event. */
export interface ClientToServerEvents {
  'join-session': (target: string | JoinTarget, ack?: Ack<Joined>) => void;
  'leave-session': (sessionId: string, ack?: Ack) => void;
  message: (message: SendPayload, ack?: Ack<Sent>) => void;
  /** A new token of the same login, which keeps the socket connected when the old token expires. */
  authenticate: (token: string, ack?: Ack<{ expiresAt: string }>) => void;
}

export interface ErrorEvent extends EventFailure {
  /** The event that failed. */
  event: string;
  clientMessageId?: string;
}

/** The events that the server sends. */
export interface ServerToClientEvents {
  /** A message of a joined session, in the order of `seq`. */
  message: (message: Message) => void;
  /** Another device of the user has changed the list of sessions. */
  session: (event: { type: SessionChange; session: Session }) => void;
  /** The socket's token expires at this time, in 60 s or less. Then the socket is disconnected. */
  'token-expiring': (event: { expiresAt: string }) => void;
  /** An event that was sent without an `ack` has failed. */
  error: (error: ErrorEvent) => void;
}

/** Servers send each other no events yet. */
export type InterServerEvents = Record<string, never>;

/** The server's data of a socket. */
export interface SocketData {
  identity: Identity;
  /** The expiry time of the last `token-expiring`. */
  warnedOf?: string;
}

/** The `data` of a `connect_error`. */
export type ConnectErrorData = Pick<EventFailure, 'code' | 'retryAfterMs'>;
