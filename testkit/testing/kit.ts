import type { Message } from '../../src/domain/message';
import type { User } from '../../src/domain/user';

/** A fault that was set up. */
export interface Fault {
  /** Resolves when it has happened: when the acknowledgement is held, the event was sent twice, and so on. */
  readonly happened: Promise<void>;
  /** Ends the fault: restores the link, passes on what was held, starts the server. Does nothing the second time. */
  heal(): Promise<void>;
}

/** Whose traffic a fault is about: a user of `addUser`. Without one, everyone's. */
export type FaultUser = { readonly user: { readonly id: string } };

/**
 * The faults of a test server. Each method resolves when the fault is in place. Acknowledgements and events are counted from then on, over
 * sockets and REST. Several faults can be in place at once.
 */
export interface Faults {
  /** Closes the user's connections, and refuses new ones until it is healed. */
  cut(user?: FaultUser): Promise<Fault>;
  /** Nothing passes in either direction, and no connection is closed, as on a network that is stuck. Healed, all of it passes in order. */
  stall(user?: FaultUser): Promise<Fault>;
  /** Everything takes this many milliseconds longer, in each direction. */
  delay(milliseconds: number, user?: FaultUser): Promise<Fault>;
  /** Holds the nth acknowledgement of a stored message, while everything after it passes. Healed, it passes too. */
  holdAck(nth?: number, user?: FaultUser): Promise<Fault>;
  /** Loses the nth acknowledgement of a stored message: its connection is closed instead. */
  dropAck(nth?: number, user?: FaultUser): Promise<Fault>;
  /** Sends the nth live message twice. */
  deliverTwice(nth?: number, user?: FaultUser): Promise<Fault>;
  /** Kills the server process with SIGKILL. Healed, it starts again on the same URL and database. */
  kill(): Promise<Fault>;
  /** Kills the server process and starts it again. */
  restart(): Promise<void>;
  /** The database responds to nothing: calls that need it fail as `UNAVAILABLE`. Healed, it completes the calls that waited. */
  freezeDatabase(): Promise<Fault>;
  /** Moves the server's clock by this many milliseconds, also backward. `heal` does not move it back. */
  moveClock(milliseconds: number): Promise<void>;
  /** Moves the server's clock to just after the end of every access token that was issued until now. */
  expireTokens(): Promise<void>;
  /** Heals every fault, and releases the scripted replies. */
  heal(): Promise<void>;
}

/** A user of a test server, with one login. */
export interface TestUser {
  user: User;
  token: string;
  refreshToken: string;
  password: string;
  /**
   * The messages that the server has stored in a session of the user, ascending by `seq`, read from the database and not through
   * the network. Without an id: of the only session that the user has; none if there is none.
   */
  stored(sessionId?: string): Promise<Message[]>;
}

/** One reply. */
export interface ScriptedReply {
  /** Streamed one at a time. */
  pieces: readonly string[];
  /** Waits after this number of pieces, until it is healed. */
  holdAfter?: number;
  /** Fails after the last piece. */
  fails?: boolean;
}

/** The sessions that `seed` creates. */
export interface SeedInput {
  /** How many. Default: 1. */
  sessions?: number;
  /** User messages in each, every one with its reply. Default: 10. */
  messages?: number;
}

/** A session with its messages, ascending by `seq`. */
export interface SeededSession {
  id: string;
  name: string;
  messages: Message[];
}

/** What tests do with a test server, in its process or elsewhere. */
export interface RemoteTestServer {
  /** Where apps connect to. The same after a restart. */
  readonly url: string;
  readonly faults: Faults;
  /** Creates a user with a unique name, or with this one. */
  addUser(username?: string): Promise<TestUser>;
  /** Creates sessions with messages that have replies. */
  seed(user: FaultUser, input?: SeedInput): Promise<SeededSession[]>;
  /** Scripts the reply to the next message that has none: a text, or pieces. `heal` releases a reply that is held. */
  nextReply(reply: string | ScriptedReply): Promise<Fault>;
}
