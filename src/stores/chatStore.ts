import type { Message, MessagePage, MessageQuery, ReplyDetails, ReplyErrorCode } from '../domain/message';
import type {
  MarkedSession,
  NewSession,
  OpenedSession,
  Session,
  SessionChange,
  SessionChanges,
  SessionPage,
  SessionQuery,
  SessionState,
} from '../domain/session';
import type { Login, LoginRotation, RequestUsage, UserChanges, UserRecord } from '../domain/user';
import type { FleetStore } from './fleetStore';

/**
 * The database behind the services. All stores behave the same; `tests/contract` defines how.
 *
 * A promise that resolves means that the result is on disk. A promise rejects with a `ChatError`: with `UNAVAILABLE` within 3 s when
 * the database can't be reached or written, immediately and with `retryAfterMs` when too many calls are waiting for it, and with
 * `INTERNAL` for anything unexpected. Null (or false) means not found, and also "belongs to another user".
 */
export interface ChatStore extends AccountStore, SessionStore, MessageStore, DraftStore {
  /** Resolves when the database responds. */
  ping(): Promise<void>;
  /** Finishes the calls in flight, then closes the database. */
  close(): Promise<void>;
  /** What several nodes on this database need; absent if only one process can use it. */
  readonly fleet?: FleetStore;
}

export interface AccountStore extends UserStore, LoginStore {}

export interface UserStore {
  /**
   * Adds the user and, if given, a first login, which must not be external. Rejects with `USERNAME_TAKEN`, `EMAIL_TAKEN`, or `CONFLICT` if
   * another user has the `identity`, and then has added nothing.
   */
  createUser(user: UserRecord, login: Login | null): Promise<void>;
  findUser(userId: string): Promise<UserRecord | null>;
  /** `email` must be in its canonical form. */
  findUserByEmail(email: string): Promise<UserRecord | null>;
  /** The case of ASCII letters doesn't count. */
  findUserByUsername(username: string): Promise<UserRecord | null>;
  findUserByIdentity(identity: string): Promise<UserRecord | null>;
  /**
   * Returns null if there is no such user or, where `expectedHash` is given, if the user's password hash is a different one. Rejects
   * with `USERNAME_TAKEN` or `EMAIL_TAKEN`. In each of these cases nothing was changed. An `updatedAt` below the stored one is ignored.
   */
  updateUser(userId: string, changes: UserChanges, expectedHash?: string): Promise<UserRecord | null>;
  /** Deletes the user with all logins, sessions, messages and usage. False if there is no such user. */
  deleteUser(userId: string): Promise<boolean>;
  /** Records a request to a responder. Does nothing if it is recorded already, or if the user was deleted. */
  addUsage(usage: RequestUsage): Promise<void>;
  /** The tokens of all recorded requests of the user on this day, `YYYY-MM-DD`. */
  countTokens(userId: string, day: string): Promise<number>;
}

export interface LoginStore {
  /**
   * Creates the login only if its user still has this password hash; false if not, or if the user was deleted. An external one may exist
   * already, and is refused with false if its token was revoked.
   */
  createLogin(login: Login, expectedHash: string): Promise<boolean>;
  findLogin(loginId: string): Promise<Login | null>;
  /** The user's logins that have not expired, most recently used first. */
  listLogins(userId: string, now: string): Promise<Login[]>;
  /**
   * Advances the login from one refresh generation to the next, which is unconfirmed. Of several concurrent calls with the same `generation` exactly one
   * succeeds. The others, and calls that name a generation other than the current one, return null.
   */
  rotateLogin(loginId: string, generation: number, rotation: LoginRotation): Promise<Login | null>;
  /** Sets `confirmedAt`, if this is the current generation and it is unconfirmed. Otherwise changes nothing. */
  confirmLogin(loginId: string, generation: number, confirmedAt: string): Promise<void>;
  /** Whether the external login with this id was deleted. Recorded by each deletion, also of its user, until `deleteExpiredLogins`. */
  isTokenRevoked(loginId: string): Promise<boolean>;
  /** True if the user had such a login. */
  deleteLogin(userId: string, loginId: string): Promise<boolean>;
  /** Deletes the user's logins except `exceptLoginId`, and returns their ids. */
  deleteLogins(userId: string, exceptLoginId?: string): Promise<string[]>;
  /**
   * Deletes logins and revoked tokens, of all users, that expired at `before` or earlier, and external logins that expired at `externalBefore`
   * or earlier: at most `limit` of each. True if there may be more.
   */
  deleteExpiredLogins(before: string, externalBefore: string, limit: number): Promise<boolean>;
  /** Returns those of these logins that no longer exist or have expired. */
  findEndedLogins(loginIds: readonly string[], now: string): Promise<string[]>;
}

export interface SessionStore {
  /**
   * The archived sessions, or those that are not: most recent activity first. `cursor` comes from an earlier page; an invalid one is `VALIDATION_FAILED`. The last pages also have the
   * sessions that were active since the first page, so each session that is in the list all the time is on some page, and may be on several.
   */
  listSessions(userId: string, page: SessionQuery, now: string): Promise<SessionPage>;
  findSession(userId: string, sessionId: string): Promise<Session | null>;
  /** Finds the user's session with this id, or creates it. Null if the id belongs to another user. */
  openSession(session: NewSession): Promise<OpenedSession | null>;
  /** With `was`, null also if the session has another name. */
  updateSession(userId: string, sessionId: string, to: SessionChanges, was?: string): Promise<Session | null>;
  /** Advances `readSeq` to `seq`, or to `lastSeq` if that is smaller. A smaller `seq` than the stored one changes nothing. */
  markRead(userId: string, sessionId: string, seq: number): Promise<MarkedSession | null>;
  /** Deletes the session with its messages, and returns its last state. */
  deleteSession(userId: string, sessionId: string): Promise<Session | null>;
}

/**
 * Receives the result of an append. The store calls it synchronously, once for each append that stored or found something, in the
 * order of `seq` within a session, before the promise of the call settles. It is called even if the call has already been rejected
 * because its deadline passed, but not if the database failed and the outcome is unknown. Live order is the order of these calls, so everything that depends on it (acknowledging, publishing)
 * happens in here and not after an `await`. An error that it throws rejects the call, and no other one.
 * `session` is the state of the session after this append, or after a later one. A store that several processes can use also passes the
 * `key` of the session, which changes when a session is deleted and recreated.
 */
export type OnStored<T> = (stored: T, session: SessionState, sessionKey?: string) => void;

export interface MessageStore {
  /** Null if the session does not belong to the user. */
  readMessages(userId: string, sessionId: string, query: MessageQuery): Promise<MessagePage | null>;
  /**
   * Appends a user message, and its reply if there is one already, to the session, which is created if nobody has this id. The message
   * marks itself as read, and takes its session out of the archive. If the
   * session already has the `clientMessageId`, nothing is stored and the earlier exchange is returned. Null if the session belongs
   * to another user; then `onStored` is not called. Rejects with `VALIDATION_FAILED`, and stores nothing, if the message `replaces`
   * one that is not a user message of the session.
   */
  appendExchange(exchange: NewExchange, onStored?: OnStored<StoredExchange>): Promise<StoredExchange | null>;
  /**
   * Appends the reply to a stored message, or another variant of it. Null if the message does not exist or has this reply already, or if the
   * `fence` is no longer valid; then `onStored` is not called. With a fence the draft ends in the same step: after a crash in between,
   * the next claim finds it `finishing`, with the text to store.
   */
  appendReply(reply: NewReply, onStored?: OnStored<Message>): Promise<Message | null>;
  /** True if the session of the user has a message with this `clientMessageId`. */
  hasClientMessage(userId: string, sessionId: string, clientMessageId: string): Promise<boolean>;
  /** Returns a user message and what became of it. Null if the session of the user has no such message. */
  findReply(userId: string, sessionId: string, messageId: string): Promise<AnsweredMessage | null>;
  /**
   * User messages without a reply, and those with a queued variant, oldest first. `after` is the last `messageId` of the previous page.
   * With `owner`, those that another live owner replies to are left out.
   */
  findUnanswered(limit: number, after?: string, owner?: string): Promise<UnansweredMessage[]>;
}

/**
 * The drafts: one for each reply that is being made, from the first request to its responder until it is a message. An owner is a
 * process that makes replies. It is alive while other processes on the database can see it living; if only one process can use the
 * database, every other owner is dead.
 */
export interface DraftStore {
  /**
   * Makes `owner` the one that makes the reply, and counts the attempt. Null if the message does not exist or has a reply, if a later
   * variant is not queued, or if another live owner makes it. `busy` if the claim is `inTurn` and another reply of the session comes first.
   */
  claimDraft(claim: DraftClaim): Promise<StoredDraft | 'busy' | null>;
  /** False, without a change, if the fence is no longer valid, or the draft is `finishing`. */
  writeDraft(fence: DraftFence, change: DraftChange): Promise<boolean>;
  /**
   * Queues a further reply to a message: the variant after the newest one. `repeated` if it is the newest one, whatever has become of it.
   * `conflict` if it is another one, or if the newest one is still being made. Null if the session of the user has no such message.
   */
  queueVariant(target: DraftTarget, now: string): Promise<'queued' | 'repeated' | 'conflict' | null>;
  /** Asks the process that makes the reply, now or later, to stop. Null if the message does not exist, or the reply is neither missing nor queued. */
  requestStop(target: DraftTarget, now: string): Promise<StoredDraft | null>;
  /** The drafts of these sessions, without those whose reply is stored. */
  findDrafts(sessionIds: readonly string[]): Promise<StoredDraft[]>;
  /** What an owner has to know about its drafts, without their text. */
  findOwnDrafts(owner: string): Promise<OwnDraft[]>;
}

/** An operation of the store: every method except `close`. */
export type Operation = Exclude<keyof ChatStore, 'close' | 'fleet'>;

/**
 * All operations, each with its kind: `read` writes nothing; `append` adds messages to a session, which it may create or name;
 * `write` does anything else. A new operation needs its line here, its method in the interface above, and its code in each store.
 * A new `append` is also treated by name in each `store.ts`, in `instrumented.ts` and in `sqlite/protocol.ts`.
 */
export const OPERATIONS = {
  ping: 'read',
  createUser: 'write',
  findUser: 'read',
  findUserByEmail: 'read',
  findUserByUsername: 'read',
  findUserByIdentity: 'read',
  updateUser: 'write',
  deleteUser: 'write',
  addUsage: 'write',
  countTokens: 'read',
  createLogin: 'write',
  findLogin: 'read',
  isTokenRevoked: 'read',
  listLogins: 'read',
  rotateLogin: 'write',
  confirmLogin: 'write',
  deleteLogin: 'write',
  deleteLogins: 'write',
  deleteExpiredLogins: 'write',
  findEndedLogins: 'read',
  listSessions: 'read',
  findSession: 'read',
  openSession: 'write',
  updateSession: 'write',
  markRead: 'write',
  deleteSession: 'write',
  readMessages: 'read',
  appendExchange: 'append',
  appendReply: 'append',
  hasClientMessage: 'read',
  findReply: 'read',
  findUnanswered: 'read',
  claimDraft: 'write',
  writeDraft: 'write',
  queueVariant: 'write',
  requestStop: 'write',
  findDrafts: 'read',
  findOwnDrafts: 'read',
} as const satisfies Record<Operation, 'read' | 'write' | 'append'>;

/** The operations that take a callback, so that a wrapper has to treat them one by one. */
export type AppendOperation = {
  [K in Operation]: (typeof OPERATIONS)[K] extends 'append' ? K : never;
}[Operation];
/** All other operations, which a wrapper can treat alike. */
export type PlainOperation = Exclude<Operation, AppendOperation>;

export type Arguments = { [K in PlainOperation]: Parameters<ChatStore[K]> };
export type Results = { [K in PlainOperation]: Awaited<ReturnType<ChatStore[K]>> };
/** The plain operations. In this form TypeScript relates the arguments and the result of an operation to its name. */
export type PlainOperations = { [K in PlainOperation]: (...args: Arguments[K]) => Promise<Results[K]> };

/**
 * Creates all plain operations of a store from one function that performs any of them. `A` and `R` may also contain operations that
 * `mapOperations` does not create.
 */
export function mapOperations<A extends Arguments = Arguments, R extends Results = Results>(
  perform: <K extends PlainOperation>(operation: K, args: A[K]) => Promise<R[K]>,
): PlainOperations {
  const methods = keysOf(OPERATIONS)
    .filter(isPlain)
    .map((operation) => [operation, (...args: A[PlainOperation]) => perform(operation, args)]);
  // A cast, as TypeScript can't type an object that is built from a list. The table has every operation, and `perform` is typed for
  // each of them.
  return Object.fromEntries(methods) as PlainOperations;
}

function isPlain(operation: Operation): operation is PlainOperation {
  return OPERATIONS[operation] !== 'append';
}

function keysOf<T extends object>(table: T): Extract<keyof T, string>[] {
  const keys: Extract<keyof T, string>[] = [];
  for (const key in table) keys.push(key);
  return keys;
}

/** A user message to append, with its reply if the responder is immediate. */
export interface NewExchange {
  userId: string;
  sessionId: string;
  message: NewMessage;
  reply?: NewReplyContent;
}

export interface NewMessage {
  messageId: string;
  content: string;
  timestamp: string;
  clientMessageId?: string;
  /** The `messageId` of a user message of the session, which this one is an edited version of. */
  replaces?: string;
}

export interface NewReplyContent extends ReplyDetails {
  messageId: string;
  content: string;
  timestamp: string;
}

export interface NewReply extends NewReplyContent {
  userId: string;
  sessionId: string;
  /** The `messageId` of the user message that it answers. */
  replyTo: string;
  /** From 2, for a further reply to the same message. Without it, this is the reply that the message waits for. */
  variant?: number;
  /** Of the draft that becomes this reply. Without one, the reply is stored even if another process makes it. */
  fence?: DraftFence;
}

/** A user message and its replies. */
export interface AnsweredMessage {
  message: Message;
  /** The first reply; null if the message waits for it. */
  reply: Message | null;
  /** The stored reply with the largest `variant`: the first one if none was regenerated. */
  newestReply: Message | null;
  /** The `variant` of a regenerated reply that is queued or being made; null if there is none. */
  openVariant: number | null;
  /** True if a later message `replaces` it. */
  isReplaced: boolean;
}

/** Identifies a draft: a message can have several replies, of which the first is variant 1. */
export interface DraftKey {
  replyTo: string;
  variant: number;
}

export interface DraftTarget extends DraftKey {
  userId: string;
  sessionId: string;
}

/** The right to change a draft, which ends when the draft is claimed again. */
export interface DraftFence extends DraftKey {
  owner: string;
  attempt: number;
}

export interface DraftClaim extends DraftTarget {
  owner: string;
  now: string;
  /** The name of the model that will be asked. */
  model?: string | undefined;
  /** Only one such reply is made at a time in a session, and not before the replies to earlier messages. */
  inTurn: boolean;
}

export interface StoredDraft extends DraftTarget {
  model: string | null;
  /** `finishing`: the text is final and may be stored as a message already. */
  state: 'asking' | 'writing' | 'waiting' | 'finishing';
  /** Counts the claims, each of which allows one request to the responder. */
  attempt: number;
  /** Null if it was released, or never claimed. */
  owner: string | null;
  /** How often it was claimed from an owner that had died. */
  takeOvers: number;
  /** What has arrived and was written, of this attempt or of one before. */
  text: string;
  /** With `finishing`: what will be stored besides the text. */
  details: ReplyDetails;
  /** The requests that have failed before their first text. */
  failures: number;
  /** The next request must not be sent before this time; null for no limit. */
  notBefore: string | null;
  stop: boolean;
  /** Why no reply came of it; null while it can. Only of later variants, whose draft stays then. */
  ended: DraftEnd | null;
  /** When it was claimed first or queued, or its stop was requested. */
  startedAt: string;
}

/** Why a further reply to a message was given up. The message keeps the replies that it has. */
export interface DraftEnd {
  finish: 'stopped' | 'failed';
  error?: { code: ReplyErrorCode };
}

/** Fields that are absent stay as they are. */
export interface DraftChange {
  state?: 'writing' | 'waiting';
  text?: string;
  failures?: number;
  notBefore?: string;
  /** The owner gives the draft up, so that anyone can claim it. */
  isReleased?: true;
  /** Nobody can claim it any more. Only of later variants. */
  ended?: DraftEnd;
}

export type OwnDraft = DraftKey & Pick<StoredDraft, 'attempt' | 'stop'>;

export interface StoredExchange {
  message: Message;
  /** Null until the message is answered. */
  reply: Message | null;
  /** The `clientMessageId` was stored before. */
  duplicate: boolean;
  /** How this exchange changed the session besides appending to it; null if not at all. */
  sessionChange: SessionChangeByMessage | null;
}

/** A session that a message has created, named or taken out of the archive, in its state afterwards. */
export interface SessionChangeByMessage {
  type: Extract<SessionChange, 'created' | 'renamed' | 'changed'>;
  session: Session;
}

export interface UnansweredMessage {
  userId: string;
  message: Message;
  /** The variant to make of a message that has a reply. */
  variant?: number;
}
