import type { Draft, Message } from '../domain/message';
import type { Session, SessionChange, SessionState } from '../domain/session';

/** Messages of one session that were stored together, with consecutive `seq`. */
export interface StoredMessages {
  /** Its state after these messages or later ones. */
  session: SessionState;
  messages: readonly Message[];
  /** The `key` of the session, if the store has one. */
  sessionKey?: string | undefined;
  /** The socket that sent the user message. It gets the acknowledgement instead of the event. */
  exceptSocket?: string | undefined;
  /** Sends the acknowledgement. It is called once, before the messages are emitted, and in their order. */
  acknowledge?: (() => void) | undefined;
}

/** A draft while it changes. The same object is published each time. */
export interface LiveDraft extends Draft {
  userId: string;
  sessionId: string;
}

/**
 * Publishes changes to connected devices. Its methods are synchronous except `revoking`; messages of a session must be published in the
 * order of `seq`. `exceptSocket` is the id of the socket that caused the change and knows its result from the acknowledgement; a change
 * over REST has none.
 */
export interface Publisher {
  /** Emits to every device in the session, and its activity to every device of its user. */
  messagesStored(stored: StoredMessages): void;
  /** Acknowledges messages that were stored before, and emits those that devices may have missed. */
  messagesRepeated(stored: StoredMessages): void;
  /** A draft is new, or its text or state has changed. Devices in the session get it in pieces. */
  draftChanged(draft: LiveDraft): void;
  /** A draft has become a message, which is published after this, or it was discarded. */
  draftEnded(draft: LiveDraft): void;
  /**
   * Emits to every device of the session's user except `exceptSocket`. `changed` is coalesced: at most one a second and session, the last
   * of which has the latest state.
   */
  sessionChanged(change: Exclude<SessionChange, 'active'>, session: Session, exceptSocket?: string): void;
  /**
   * Call it before those of the user's logins are deleted that `isRevoked` selects: if this process dies right after the deletion, other
   * nodes still disconnect their sockets. Rejects as the store does.
   */
  revoking(userId: string, isRevoked: (loginId: string) => boolean): Promise<void>;
  /** Disconnects the sockets of this login. */
  loginRevoked(userId: string, loginId: string): void;
  /** Disconnects all sockets of this user. */
  userDeleted(userId: string): void;
}
