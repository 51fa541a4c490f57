import type { Message } from '../domain/message';
import type { Session, SessionChange } from '../domain/session';

/** Where an event comes from, so that its sender isn't told what it knows: the id of a socket, none for REST. */
export interface Origin {
  socketId?: string;
}

/** Tells connected devices what has been stored. It must be called in the order of `seq`, and does its work at once. */
export interface Publisher {
  /** To all devices in the session, of which all messages are; those of the user not to their origin. */
  messagesStored(userId: string, sessionId: string, messages: readonly Message[], origin: Origin): void;
  /** Goes to all devices of the session's user but the origin. */
  sessionChanged(change: SessionChange, session: Session, origin: Origin): void;
  /** Disconnects the devices of this login. */
  loginEnded(loginId: string): void;
  /** Disconnects all devices of this user. */
  userDeleted(userId: string): void;
}
