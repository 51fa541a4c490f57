import type { ExportFormat } from '../../src/domain/fields';
import type { Draft, Message, MessagePage, MessageQuery } from '../../src/domain/message';
import type { Session, SessionChange, SessionChanges, SessionPage } from '../../src/domain/session';
import type { LoginOverview, User } from '../../src/domain/user';
import type { ChatClientError } from './chatClientError';
import type { ChatStorage } from './storage';

/** `AbortSignal`, where the types of the environment declare it. */
type Signal = typeof globalThis extends { AbortSignal: { prototype: infer T } } ? T : unknown;

/** The part of a response that the client reads. */
export interface FetchResponse {
  readonly ok: boolean;
  readonly status: number;
  readonly url: string;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}

/** The part of `fetch` that the client uses. The global `fetch` has this type. */
export type FetchFunction = (
  url: string,
  init: { method: string; headers: Record<string, string>; body?: string; signal: Signal },
) => Promise<FetchResponse>;

/** Options of Socket.IO, described in its documentation. Others can be passed in a variable. */
export interface ChatSocketOptions {
  /** Default: `['websocket', 'polling']`. */
  transports?: string[];
  tryAllTransports?: boolean;
  upgrade?: boolean;
  /** Default: `/socket.io/`. */
  path?: string;
  addTrailingSlash?: boolean;
  query?: Record<string, string>;
  extraHeaders?: Record<string, string>;
  withCredentials?: boolean;
  protocols?: string | string[];
  /** How long a connection attempt may take, in milliseconds. Default: 15,000. */
  timeout?: number;
  requestTimeout?: number;
  reconnectionDelay?: number;
  reconnectionDelayMax?: number;
  /** Of TLS, in Node.js. */
  ca?: string | string[];
  cert?: string;
  key?: string;
  passphrase?: string;
  rejectUnauthorized?: boolean;
}

/** The settings of a client. Only `url` is required. */
export interface ChatClientOptions {
  /** The server's origin, such as `https://chat.example.com`. */
  url: string;
  /** Keeps the login and the outbox over a reload. Default: `localStorage` if available, otherwise memory. */
  storage?: ChatStorage;
  /** Used for REST calls. Default: the global `fetch`. */
  fetch?: FetchFunction;
  /**
   * Rarely needed, for example `{ transports: ['polling'] }`. `reconnectionDelay` and `reconnectionDelayMax` apply to all retries of
   * the client.
   */
  socketOptions?: ChatSocketOptions;
}

/**
 * `online`: connected. `connecting`: the first attempt is in progress. `offline`: nobody is logged in, or the last attempt failed.
 * While a user is logged in, the client keeps retrying.
 */
export type ConnectionState = 'offline' | 'connecting' | 'online';

/** A message that is not known to be stored on the server yet. */
export interface OutgoingMessage {
  sessionId: string;
  clientMessageId: string;
  content: string;
  /** The `messageId` of the message that it is an edited version of. */
  replaces?: string;
  /** When it was sent, ISO 8601 UTC by this device's clock. */
  createdAt: string;
}

/** Where a subscription starts, and who is called. */
export interface SubscribeOptions {
  /** Deliver the messages after this `seq`, 0 for all. Default: only messages stored from now on. */
  after?: number;
  /** Called once for every message, in `seq` order, including the user's own. */
  onMessage(message: Message): void;
  /**
   * Called as a reply is being made, with all of its text so far. A larger `attempt` starts with an empty text. `onMessage` with the same `replyTo`
   * and `variant` ends the draft. A regenerated reply that fails has the state `failed` instead.
   */
  onDraft?(draft: Draft): void;
  /** Called when the subscription ends with an error: `NOT_FOUND` if the session doesn't exist or was deleted. */
  onError?(error: ChatClientError): void;
}

/** The delivery of a session's messages. */
export interface Subscription {
  /** The `seq` of the last message delivered, or the start position. */
  readonly lastSeq: number;
  /** Ends the delivery. The session and its messages stay as they are. */
  close(): void;
}

/** A download. */
export interface ExportedFile {
  /** A safe name for the file. */
  fileName: string;
  mediaType: string;
  content: string;
}

/** The events of a client and their values. */
export interface ChatClientEvents {
  /** The connection was made or lost. */
  connection: ConnectionState;
  /** The user has logged in, changed or, with null, logged out: in this tab, in another one, or because the login has ended. */
  user: User | null;
  /**
   * A session was created, renamed or deleted, was read, pinned or archived (`changed`), or has new messages (`active`). Activity is reported at most once a second for each
   * session, and the last report has the latest state. `mergeSessions` adds `session` to a list. Changes made while disconnected are
   * not reported here, but by `sessions`.
   */
  session: { type: SessionChange; session: Session };
  /**
   * Changes of sessions may not have been reported: whenever the client has connected, and whenever the server says so. Replace what
   * you know by `sessions.list`, because a session that is missing there was deleted.
   */
  sessions: undefined;
  /** The outbox after a change. */
  outbox: readonly OutgoingMessage[];
  /** An error that no call and no `onError` listener could receive. */
  error: ChatClientError;
}

/** An account is named by its email or its username, in any case. */
export type LogInInput = { password: string } & ({ email: string } | { username: string });

/**
 * All calls reject with a `ChatClientError`. Reads and idempotent changes are retried for some seconds while the server can't be
 * reached or asks to wait, but never under another user who has logged in meanwhile. If the storage is too full to save a login,
 * the login is rejected with `NO_ROOM`. Ids are UUIDs in any case; those that the client returns have small letters.
 */
export interface ChatClient {
  /** The logged-in user, or null. */
  readonly user: User | null;
  /** Whether the client is connected. The event `connection` reports changes. */
  readonly connection: ConnectionState;

  /**
   * Creates an account and logs in; a guest keeps the id and the chats. Rejects with `VALIDATION_FAILED`, `USERNAME_TAKEN`, `EMAIL_TAKEN` or
   * `RATE_LIMITED`.
   */
  signUp(input: { username: string; email: string; password: string }): Promise<User>;
  /** Creates an account without email and password, and logs in. Rejects with `FORBIDDEN` if the server allows no guests. */
  guest(): Promise<User>;
  /** Rejects with `INVALID_CREDENTIALS` or `RATE_LIMITED`. */
  logIn(input: LogInInput): Promise<User>;
  /** Ends this login and discards the outbox. Rejects if the server can't be reached, but logs out on this device in any case. */
  logOut(): Promise<void>;
  /** Ends all logins of the user and discards the outbox. If the server can't be reached, it rejects and changes nothing. */
  logOutEverywhere(): Promise<void>;

  readonly account: {
    /** The user's current data: another device may have changed the username or the email. */
    read(): Promise<User>;
    /** Changes at least one of the fields. Rejects with `USERNAME_TAKEN` or `EMAIL_TAKEN`. */
    update(changes: { username?: string; email?: string }): Promise<User>;
    /** Ends the user's other logins. Rejects with `INVALID_CREDENTIALS` if `currentPassword` is incorrect. */
    changePassword(currentPassword: string, newPassword: string): Promise<void>;
    /**
     * Deletes the account with all its sessions and messages. Rejects with `INVALID_CREDENTIALS` if the password is incorrect; a guest has
     * none.
     */
    delete(password?: string): Promise<void>;
    /** The devices on which the user is logged in. */
    logins(): Promise<LoginOverview[]>;
    /** Logs one of the user's devices out. Rejects with `NOT_FOUND`. */
    endLogin(loginId: string): Promise<void>;
    /** Everything of the user as JSON Lines. Rejects with `OFFLINE` if the download is interrupted. */
    export(): Promise<ExportedFile>;
  };

  readonly sessions: {
    /**
     * Newest activity first. The last pages also have the sessions that were active since the first page, so none is missing, but one may
     * come twice: `mergeSessions` merges the pages. `archived: true` lists the archived ones instead of the others; `pinned: true` and `unread: true`
     * list only the pinned ones, and those with messages after `readSeq`.
     */
    list(page?: {
      limit?: number;
      cursor?: string;
      archived?: boolean;
      pinned?: boolean;
      unread?: boolean;
    }): Promise<SessionPage>;
    /** Rejects with `NOT_FOUND`. */
    get(sessionId: string): Promise<Session>;
    /** Creates a session, or returns the one with this `id`. Without a name, it takes that from the first message. */
    create(input?: { name?: string; id?: string }): Promise<Session>;
    /** Gives a session a name of 1 to 100 characters. */
    rename(sessionId: string, name: string): Promise<Session>;
    /** Changes at least one of the fields. The next message of the user takes a session out of the archive. */
    update(sessionId: string, changes: SessionChanges): Promise<Session>;
    /** Marks the messages up to this `seq` as read, on all devices. Idempotent, and never goes back. Sending marks as read by itself. */
    markRead(sessionId: string, seq: number): Promise<Session>;
    /** The session with its messages, by default in Markdown. Rejects with `OFFLINE` if the download is interrupted. */
    export(sessionId: string, options?: { format?: ExportFormat }): Promise<ExportedFile>;
    /** Deletes the session with its messages. */
    delete(sessionId: string): Promise<void>;
  };

  /** Messages ascending by `seq`. Without `before` and `after`: the latest ones. */
  history(sessionId: string, query?: Partial<MessageQuery>): Promise<MessagePage>;

  /**
   * Resolves when the message is on the server's disk. Until then it is kept in the outbox and resent with the same
   * `clientMessageId`, through lost connections and reloads of the page. Rejects only if it can't succeed: the text is
   * longer than 16,384 bytes of UTF-8, the server rejects the message, the session is not the user's, or the user logs out. When the client is closed, it rejects with `OFFLINE`, but the
   * message stays in the outbox for the next client. Messages of a session are stored in the order of the calls.
   */
  send(sessionId: string, content: string, options?: { clientMessageId?: string }): Promise<Message>;
  /**
   * Sends an edited version of a message of the user, in the same way as `send`. Both stay in the history; `branchOf` selects the messages of
   * the latest version. The reply to the earlier one is stopped if it is still being made.
   */
  edit(
    sessionId: string,
    messageId: string,
    content: string,
    options?: { clientMessageId?: string },
  ): Promise<Message>;
  /** Messages not known to be stored yet, oldest first. Those of an earlier page are sent automatically. */
  readonly outbox: readonly OutgoingMessage[];

  /**
   * Delivers the messages of an existing session, through lost connections, until it is closed or its user logs out. If nobody is
   * logged in, it starts with the next login.
   */
  subscribe(sessionId: string, options: SubscribeOptions): Subscription;

  /**
   * Stops the reply to a message of the user, from any device, also one that has not begun. Resolves with the reply: what had arrived of it,
   * or all of it if it was too late; null if it can't be stored yet. Rejects with `NOT_FOUND`.
   */
  stopReply(sessionId: string, messageId: string): Promise<Message | null>;

  /**
   * Makes a further reply to a message of the user, beside the ones it has; it arrives as a message with this `variant`, after drafts.
   * Resolves with the number when the server will make the reply, whatever happens. `variant` is the number after the newest reply, which is
   * 1 for the first one; by default, after the newest one that a subscription of this client has delivered. Repeating a call with the same
   * number makes nothing, so two devices that ask at once get one reply. Rejects with `CONFLICT` if the newest reply has another number or is
   * still being made, and with `NOT_FOUND` or `RATE_LIMITED`.
   */
  regenerate(sessionId: string, messageId: string, variant?: number): Promise<number>;

  /** Adds a listener. Returns a function that removes it. */
  on<E extends keyof ChatClientEvents>(event: E, listener: (value: ChatClientEvents[E]) => void): () => void;

  /** Disconnects and ends all subscriptions. The login and the outbox stay in the storage. */
  close(): void;
}
