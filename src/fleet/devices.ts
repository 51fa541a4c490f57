import type { Message } from '../domain/message';
import type { Session, SessionChange } from '../domain/session';

/** A session that sockets of this node have joined. */
export interface JoinedSession {
  userId: string;
  sessionId: string;
}

/** The sockets of this node. All methods are synchronous. */
export interface Devices {
  /** Emits to the sockets in the session. */
  deliver(session: JoinedSession, message: Message, exceptSocket?: string): void;
  /** The session has new messages. Emitted to all sockets of its user, at most once a second. */
  sessionActive(session: Session): void;
  /** Emits to the sockets of the session's user. After `deleted` no socket is in the session. */
  sessionChanged(change: Exclude<SessionChange, 'active'>, session: Session, exceptSocket?: string): void;
  /** Emits `deleted` to the sockets in the session and removes them from it. */
  sessionGone(session: Session): void;
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
