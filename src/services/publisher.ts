import type { Draft, Message } from '../domain/message';
import type { Session, SessionChange } from '../domain/session';

/** A draft while it changes. The same object is published each time. */
export interface LiveDraft extends Draft {
  userId: string;
  sessionId: string;
}

/**
 * Publishes changes to connected devices. Its methods are synchronous; messages of a session must be published in the order of `seq`.
 * `exceptSocket` is the id of the socket that caused the change and knows its result from the acknowledgement; a change over REST
 * has none.
 */
export interface Publisher {
  /**
   * Emits to every device in the session, and its activity to every device of its user. User messages skip `exceptSocket`. `session`
   * has its state after these messages or later ones.
   */
  messagesStored(session: Session, messages: readonly Message[], exceptSocket?: string): void;
  /** A draft is new, or its text or state has changed. Devices in the session get it in pieces. */
  draftChanged(draft: LiveDraft): void;
  /** A draft has become a message, which is published after this, or it was discarded. */
  draftEnded(draft: LiveDraft): void;
  /** Emits to every device of the session's user except `exceptSocket`. */
  sessionChanged(change: Exclude<SessionChange, 'active'>, session: Session, exceptSocket?: string): void;
  /** Disconnects the sockets of this login. */
  loginRevoked(loginId: string): void;
  /** Disconnects all sockets of this user. */
  userDeleted(userId: string): void;
}
