import type { ErrorCode, FieldError } from './errors';
import type { Identity } from './login';
import type { Message } from './message';
import type { Session, SessionChange } from './session';

/** Why an event was refused. */
export interface EventFailure {
  code: ErrorCode;
  /** What is wrong and what to do, for people. */
  message: string;
  errors?: readonly FieldError[];
  retryAfterMs?: number;
}

/** The answer to an event: `T` where it succeeded. */
export type Answer<T extends object = object> = ({ ok: true } & T) | { ok: false; error: EventFailure };
export type Ack<T extends object = object> = (answer: Answer<T>) => void;

export interface JoinTarget {
  sessionId: string;
  /** Return the messages after this `seq`, 0 for all. */
  after?: number;
}

export interface Joined {
  session: Session;
  /** What came after `after`, ascending: the first page of it if `hasMore`. */
  messages?: Message[];
  hasMore?: boolean;
}

export interface SendPayload {
  sessionId: string;
  content: string;
  /** The client's own id of this message: to send it again with the same one is harmless. */
  clientMessageId?: string;
}

export interface Sent {
  message: Message;
  duplicate?: true;
}

/** What clients may send. Every `ack` may be left out; a failure then arrives as an `error` event. */
export interface ClientToServerEvents {
  'join-session': (target: string | JoinTarget, ack?: Ack<Joined>) => void;
  'leave-session': (sessionId: string, ack?: Ack) => void;
  message: (message: SendPayload, ack?: Ack<Sent>) => void;
  /** A fresh token of the same login, before the old one ends: the socket stays. */
  authenticate: (token: string, ack?: Ack<{ expiresAt: string }>) => void;
}

export interface ErrorEvent extends EventFailure {
  /** The event that failed. */
  event: string;
  clientMessageId?: string;
}

/** What the server sends. */
export interface ServerToClientEvents {
  /** A message of a session this socket has joined, in the order of `seq`. */
  message: (message: Message) => void;
  /** Another of the user's devices has changed the list of sessions. */
  session: (event: { type: SessionChange; session: Session }) => void;
  /** The socket's token ends at this time, in 60 s or less; then the socket is disconnected. */
  'token-expiring': (event: { expiresAt: string }) => void;
  /** An event that was sent without an ack has failed. */
  error: (error: ErrorEvent) => void;
}

/** What servers of a fleet would tell each other: nothing yet. */
export type InterServerEvents = Record<string, never>;

/** What the server knows of a socket. */
export interface SocketData {
  identity: Identity;
  /** The end of the token that the socket was told of last. */
  warnedOf?: string;
}

/** What `connect_error` carries as `data`. */
export type ConnectErrorData = Pick<EventFailure, 'code' | 'retryAfterMs'>;
