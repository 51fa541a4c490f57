import type { ManagerOptions, SocketOptions } from 'socket.io-client';
import type { LoginOverview } from '../../src/domain/login';
import type { Message, MessagePage, MessageQuery } from '../../src/domain/message';
import type { Session, SessionChange, SessionPage } from '../../src/domain/session';
import type { User } from '../../src/domain/user';
import type { ChatClientError } from './chatClientError';
import type { ChatStorage } from './storage';

export interface ChatClientOptions {
  /** The server's origin, such as `https://chat.example.com`. */
  url: string;
  /** Where login and outbox outlive a reload. Default: `localStorage` where there is one, else memory. */
  storage?: ChatStorage;
  /** Makes the REST calls. Default: the global `fetch`. */
  fetch?: typeof fetch;
  /** Rarely needed, such as `{ transports: ['polling'] }`. `reconnectionDelay` and `reconnectionDelayMax` hold for every wait. */
  socketOptions?: Partial<ManagerOptions & SocketOptions>;
}

/**
 * `online`: messages flow. `connecting`: the first attempt is under way. `offline`: nobody is logged in, or the last attempt
 * failed; while somebody is logged in the next attempts follow by themselves.
 */
export type ConnectionState = 'offline' | 'connecting' | 'online';

/** A message that isn't known to be on the server's disk yet. */
export interface OutgoingMessage {
  sessionId: string;
  clientMessageId: string;
  content: string;
  /** When it was sent, ISO 8601 UTC by this device's clock. */
  createdAt: string;
}

export interface SubscribeOptions {
  /** Deliver the messages after this `seq`, 0 for all. Default: only those that are stored from now on. */
  after?: number;
  /** Called with every message once, in the order of `seq`, the user's own ones included. */
  onMessage(message: Message): void;
  /** Called when the subscription has ended by itself: `NOT_FOUND` when there is no such session (any more). */
  onError?(error: ChatClientError): void;
}

export interface Subscription {
  /** The `seq` of the last message that was delivered, or where it began. */
  readonly lastSeq: number;
  close(): void;
}

/** What a client tells of by `on`, and what the listener is called with. */
export interface ChatClientEvents {
  connection: ConnectionState;
  /** Somebody has logged in, has changed, or, with null, is logged out: here, in another tab, or by the server. */
  user: User | null;
  /** A session was created, renamed or deleted. What happened while there was no connection, `sessions.list` tells. */
  session: { type: SessionChange; session: Session };
  /** What the outbox has now that it has changed. */
  outbox: readonly OutgoingMessage[];
  /** A failure that no call and no `onError` could be told of. */
  error: ChatClientError;
}

/**
 * All calls reject with a `ChatClientError`. Reads, and changes that are harmless to repeat, are tried again for some seconds
 * while the server can't be reached or asks to wait; never in the name of another user who has logged in since. A login that the
 * storage has no room for is refused as `NO_ROOM`.
 */
export interface ChatClient {
  /** Who is logged in; null for nobody. */
  readonly user: User | null;
  readonly connection: ConnectionState;

  /** Makes an account and logs in. Rejects with `VALIDATION_FAILED`, `USERNAME_TAKEN`, `EMAIL_TAKEN` or `RATE_LIMITED`. */
  signUp(input: { username: string; email: string; password: string }): Promise<User>;
  /** Rejects with `INVALID_CREDENTIALS`, or with `RATE_LIMITED`. */
  logIn(input: { email: string; password: string }): Promise<User>;
  /** Ends this login and drops the outbox. Rejects if the server could not be told; here, all is forgotten in any case. */
  logOut(): Promise<void>;
  /** Ends all logins of the user and drops the outbox. Rejects, and changes nothing here, if the server can't be told. */
  logOutEverywhere(): Promise<void>;

  readonly account: {
    /** The user as the server knows them now: another device may have changed the name or the email. */
    read(): Promise<User>;
    update(changes: { username?: string; email?: string }): Promise<User>;
    /** Ends the other logins. Rejects with `INVALID_CREDENTIALS` if `currentPassword` is wrong. */
    changePassword(currentPassword: string, newPassword: string): Promise<void>;
    /** Deletes the account with all its sessions and messages. Rejects with `INVALID_CREDENTIALS`. */
    delete(password: string): Promise<void>;
    /** The devices that are logged in. */
    logins(): Promise<LoginOverview[]>;
    endLogin(loginId: string): Promise<void>;
  };

  readonly sessions: {
    /** Newest activity first. */
    list(page?: { limit?: number; cursor?: string }): Promise<SessionPage>;
    /** Rejects with `NOT_FOUND`. */
    get(sessionId: string): Promise<Session>;
    create(input?: { name?: string; id?: string }): Promise<Session>;
    rename(sessionId: string, name: string): Promise<Session>;
    /** Deletes it with its messages. */
    delete(sessionId: string): Promise<void>;
  };

  /** Messages ascending by `seq`; the latest without `before` and `after`. */
  history(sessionId: string, query?: Partial<MessageQuery>): Promise<MessagePage>;

  /**
   * Resolves when the message is on the server's disk. Until then it waits in the outbox and is sent again with the same
   * `clientMessageId`, through lost connections and reloads of the page. Rejects only for what can't succeed: a message that
   * the server refuses, a session that is not the user's, a logout; and with `OFFLINE` when the client is closed, although the
   * message stays in the outbox for the next client. Messages of a session are stored in the order of the calls.
   */
  send(sessionId: string, content: string, options?: { clientMessageId?: string }): Promise<Message>;
  /** What isn't known to be stored yet, oldest first. What an earlier page left is sent by itself. */
  readonly outbox: readonly OutgoingMessage[];

  /**
   * Follows a session that exists, through lost connections, until it is closed or its user is no longer logged in. Made while
   * nobody is, it is for whoever logs in next.
   */
  subscribe(sessionId: string, options: SubscribeOptions): Subscription;

  /** Calls the listener from now on; returns how to stop that. */
  on<E extends keyof ChatClientEvents>(event: E, listener: (value: ChatClientEvents[E]) => void): () => void;

  /** Disconnects and ends all subscriptions. The login and the outbox stay in the storage. */
  close(): void;
}
