import type { Login, LoginRotation } from '../domain/login';
import type { Message, MessagePage, MessageQuery } from '../domain/message';
import type { Session, SessionChange, SessionPage } from '../domain/session';
import type { UserChanges, UserRecord } from '../domain/user';

/**
 * Where everything is kept. Every store behaves alike; `tests/contract` says how.
 *
 * A promise that resolves means: it is on disk. One that rejects carries a `ChatError`: `UNAVAILABLE` within 3 s when the
 * database can't be reached or can't write, at once and with `retryAfterMs` when too many calls wait for it already, `INTERNAL`
 * for anything unforeseen. What is not there and what belongs to another user look the same: null (or false).
 */
export interface ChatStore extends AccountStore, SessionStore, MessageStore {
  /** Resolves when the database answers, rejects with `UNAVAILABLE` when it doesn't. */
  ping(): Promise<void>;
  /** Finishes what is under way, then lets go of the database. */
  close(): Promise<void>;
}

export interface AccountStore extends UserStore, LoginStore {}

export interface UserStore {
  /** Adds the user with a first login. Rejects with `USERNAME_TAKEN` or `EMAIL_TAKEN`, and then has added nothing. */
  createUser(user: UserRecord, login: Login): Promise<void>;
  findUser(userId: string): Promise<UserRecord | null>;
  /** `email` in lower case. */
  findUserByEmail(email: string): Promise<UserRecord | null>;
  /**
   * Null if there is no such user, or, where `expectedHash` is given, none with this password hash any more. Rejects with
   * `USERNAME_TAKEN` or `EMAIL_TAKEN`. In each of these cases it has changed nothing.
   */
  updateUser(userId: string, changes: UserChanges, expectedHash?: string): Promise<UserRecord | null>;
  /** Deletes the user with all logins, sessions and messages. False if there is no such user. */
  deleteUser(userId: string): Promise<boolean>;
}

export interface LoginStore {
  /** Creates the login only if its user still has this password hash; false if not, or if the user was deleted. */
  createLogin(login: Login, expectedHash: string): Promise<boolean>;
  findLogin(loginId: string): Promise<Login | null>;
  /** The user's logins that have not expired, the latest used first. */
  listLogins(userId: string, now: string): Promise<Login[]>;
  /**
   * Moves the login from one refresh generation to the next. Of several who try the same `generation` one succeeds; the
   * others, and whoever names a generation that is not the current one, get null.
   */
  rotateLogin(loginId: string, generation: number, rotation: LoginRotation): Promise<Login | null>;
  /** True if the user had such a login. */
  deleteLogin(userId: string, loginId: string): Promise<boolean>;
  /** Deletes the user's logins, all but `exceptLoginId`, and returns their ids. */
  deleteLogins(userId: string, exceptLoginId?: string): Promise<string[]>;
  /** Deletes the logins of all users that have expired. */
  deleteExpiredLogins(now: string): Promise<void>;
  /** Which of these logins are not there any more. */
  findEndedLogins(loginIds: readonly string[]): Promise<string[]>;
}

export interface SessionStore {
  /** Newest activity first. `cursor` comes from an earlier page; an unreadable one is `VALIDATION_FAILED`. */
  listSessions(userId: string, page: { limit: number; cursor?: string }): Promise<SessionPage>;
  findSession(userId: string, sessionId: string): Promise<Session | null>;
  /** Finds the user's session with this id, or makes it. Null if the id is another user's. */
  openSession(session: NewSession): Promise<OpenedSession | null>;
  renameSession(userId: string, sessionId: string, name: string): Promise<Session | null>;
  /** Deletes the session with its messages and returns what it was. */
  deleteSession(userId: string, sessionId: string): Promise<Session | null>;
}

/**
 * Is told the result of a call that has been rejected, because it took too long, and was done all the same; before any later
 * call resolves that appends to the same session.
 */
export type OnLate<T> = (result: T) => void;

export interface MessageStore {
  /** Null if the session isn't the user's. */
  readMessages(userId: string, sessionId: string, query: MessageQuery): Promise<MessagePage | null>;
  /**
   * Appends a user message, and its reply where there is one already, at the end of the session; makes the session if
   * nobody has it. A `clientMessageId` that the session has already stores nothing and returns the first exchange.
   * Exchanges of one session resolve in the order of their `seq`. Null if the session is another user's.
   */
  appendExchange(
    exchange: NewExchange,
    onLate?: OnLate<StoredExchange | null>,
  ): Promise<StoredExchange | null>;
  /** Appends the reply to a stored message. Null if that has one already, or is gone. */
  appendReply(reply: NewReply, onLate?: OnLate<Message | null>): Promise<Message | null>;
  /** User messages without a reply, oldest first; `after` is the `messageId` of the last one already seen. */
  findUnanswered(limit: number, after?: string): Promise<UnansweredMessage[]>;
}

export interface NewSession {
  id: string;
  userId: string;
  name: string | null;
  createdAt: string;
}

export interface OpenedSession {
  session: Session;
  created: boolean;
}

export interface NewExchange {
  userId: string;
  sessionId: string;
  message: { messageId: string; content: string; timestamp: string; clientMessageId?: string };
  reply?: NewReplyContent;
}

export interface NewReplyContent {
  messageId: string;
  content: string;
  timestamp: string;
}

export interface NewReply extends NewReplyContent {
  userId: string;
  sessionId: string;
  /** The `messageId` of the user message it answers. */
  replyTo: string;
}

export interface StoredExchange {
  message: Message;
  /** Null until the message is answered. */
  reply: Message | null;
  /** True if the `clientMessageId` was there before. */
  duplicate: boolean;
  /** What this exchange did to the session besides adding to it; null if nothing. */
  sessionChange: SessionMade | null;
}

/** A session that its first message has made, or given its name, as it was afterwards. */
export interface SessionMade {
  type: Extract<SessionChange, 'created' | 'renamed'>;
  session: Session;
}

export interface UnansweredMessage {
  userId: string;
  message: Message;
}
