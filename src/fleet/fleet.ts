import type { Message } from '../domain/message';
import { type Session, type SessionChange, type SessionState, sessionAfter } from '../domain/session';
import type { LiveDraft, Publisher, StoredMessages } from '../services/publisher';
import type { ReplyPeers } from '../services/replies/replyQueue';
import type { SharedCounter } from '../utils/rateLimiter';
import type { ReadReason } from './feed';

/** A session that sockets of this node have joined. */
export interface JoinedSession {
  userId: string;
  sessionId: string;
}

/** The sockets of this node. All methods are synchronous. */
export interface Devices {
  /** Emits to the sockets in the session. */
  deliver(session: JoinedSession, message: Message, exceptSocket?: string): void;
  /**
   * The session has new messages. Emitted to all sockets of its user, at most once a second. `complete` derives what is emitted; it is
   * called only then, because it costs more than the rest.
   */
  sessionActive(state: SessionState, complete: () => Session): void;
  /** Emits to the sockets of the session's user; `changed` at most once a second. After `deleted` no socket is in the session. */
  sessionChanged(change: Exclude<SessionChange, 'active'>, session: Session, exceptSocket?: string): void;
  /** Emits `deleted` to the sockets in the session and removes them from it. */
  sessionGone(session: Session): void;
  /** Events about the user's sessions may have been missed. Emits `list`, so that all sockets of the user read their sessions again. */
  sessionsMissed(userId: string): void;
  hasUser(userId: string): boolean;
  /** The users that have sockets here. */
  users(): string[];
  draftChanged(draft: LiveDraft): void;
  draftEnded(draft: LiveDraft): void;
  disconnectLogin(loginId: string): void;
  disconnectUser(userId: string): void;
  /** The sessions that have sockets in them. */
  joinedSessions(): JoinedSession[];
  /** Reports when a session gets its first socket, and when its last one has left. */
  watchSessions(watcher: {
    opened(session: JoinedSession): void;
    closed(session: JoinedSession): void;
  }): void;
}

/** What a node has done since its start, for its metrics. */
export interface FleetFigures {
  hints: { sent: number; received: number; dropped: number };
  /** How often sessions were read, by reason. */
  reads: Readonly<Record<ReadReason, number>>;
  /** Messages of other nodes that the position check has found and no hint has named. */
  unhintedGaps: number;
  /** How old the position of a session is at most; 0 for the only node. */
  checkLagSeconds: number;
}

/** What the server needs to know about other nodes. In a single process nothing here costs anything. */
export interface Fleet {
  publisher: Publisher;
  /** Absent if this process alone makes all replies. */
  peers?: ReplyPeers;
  /** Absent if this process alone counts attempts to log in. */
  attempts?: SharedCounter;
  /** Prefixes the ids of connections, so that a load balancer can route polling requests; null for none. */
  connectionPrefix: string | null;
  /** The number of live nodes, this one included. */
  liveNodes(): number;
  /** True while hints from all live nodes arrive over Redis. */
  isBusOk(): boolean;
  /** Absent if only one process can use the database. */
  figures?(): FleetFigures;
  /** Joins the other nodes. Rejects with `NodeRefused` if they can't work together with this one. Call it before clients are accepted. */
  start(): Promise<void>;
  /** Leaves the other nodes; they take over what this one has claimed. */
  stop(): Promise<void>;
  /** Call it before a user's socket is admitted. The function that it resolves with, if any, must be called when the connection is closed. */
  admit(userId: string): Promise<(() => void) | null>;
  /** Undefined if events can be handled immediately. */
  ready(): Promise<void> | undefined;
  /**
   * Call it after a socket has joined the session's room and seen messages up to `lastSeq`, before the join is acknowledged. Resolves with
   * the last `seq` that the socket has seen then; later messages reach it live. Undefined if there is nothing to wait for. `join` is
   * called to join the room again, in case the session is deleted and recreated meanwhile.
   */
  catchUp(session: JoinedSession, lastSeq: number, join: () => void): Promise<number> | undefined;
}

/** What the fleet asks of the rest of the server. Set before `start`. */
export interface FleetHooks {
  /** Replies to messages that no live node replies to. */
  sweepReplies(): void;
  /** A reply was stored in the session, on any node. */
  replyStored(sessionId: string): void;
  /** Looks whether the replies that this node makes must stop. Never rejects. */
  checkDrafts(): Promise<void>;
  /** Looks up the logins of all sockets, and disconnects those that were revoked. Resolves with false if that failed. */
  checkLogins(): Promise<boolean>;
  /** Aborts the replies that are being made. */
  abortReplies(): void;
  /** Closes all connections; clients reconnect and resume. */
  closeConnections(): void;
}

/** The fleet of a database that only one process can use: everything passes through. */
export function createSingleNode(devices: Devices): Fleet {
  return {
    publisher: createLocalPublisher(devices),
    connectionPrefix: null,
    liveNodes: () => 1,
    isBusOk: () => false,
    async start() {},
    async stop() {},
    admit: async () => null,
    ready: () => undefined,
    catchUp: () => undefined,
  };
}

/** Publishes to the sockets of this process. */
export function createLocalPublisher(devices: Devices): Publisher {
  return {
    messagesStored: (stored) => deliverAll(devices, stored),
    messagesRepeated: ({ acknowledge }) => acknowledge?.(),
    sessionChanged: (change, session, exceptSocket) => devices.sessionChanged(change, session, exceptSocket),
    draftChanged: (draft) => devices.draftChanged(draft),
    draftEnded: (draft) => devices.draftEnded(draft),
    async revoking() {},
    loginRevoked: (_userId, loginId) => devices.disconnectLogin(loginId),
    userDeleted: (userId) => devices.disconnectUser(userId),
  };
}

function deliverAll(devices: Devices, stored: StoredMessages): void {
  const { session, messages, exceptSocket, acknowledge } = stored;
  const joined = { userId: session.userId, sessionId: session.id };
  acknowledge?.();
  for (const message of messages) {
    devices.deliver(joined, message, message.sender === 'user' ? exceptSocket : undefined);
  }
  reportActivity(devices, stored);
}

/** Reports the session as it is after these messages: later ones report themselves. */
export function reportActivity(devices: Devices, { session, messages }: StoredMessages): void {
  const last = messages.at(-1);
  if (last) devices.sessionActive(session, () => sessionAfter(session, last));
}
