import type { Message } from '../domain/message';

/** Where a session is. A session that is deleted and recreated with the same id has another `key`. */
export interface SessionPosition {
  sessionId: string;
  userId: string;
  key: string;
  createdAt: string;
  lastMessageAt: string | null;
  lastSeq: number;
}

/** The messages after a `seq`, ascending, and the session that they are of. */
export interface SessionTail {
  position: SessionPosition;
  messages: Message[];
  hasMore: boolean;
}

/** What a node writes about itself each second, and all others read. */
export interface Beat {
  /** The incarnation id of the node, made at its start. */
  node: string;
  /** `NODE_ID`, or a random name. */
  name: string;
  /** Grows with each beat. A node whose counter stands still is dead. */
  counter: number;
  /** `none` without `REDIS_URL`. */
  bus: 'ok' | 'away' | 'none';
  /** Nodes whose versions differ by more than one can't work together. */
  protocol: number;
  /** Keyed fingerprints of the secrets; the first one signs. */
  secrets: string[];
  /** Logins that were revoked on this node within the last 10 s. */
  revoked: string[];
  /** The nodes whose beats this node has read. */
  peers: string[];
  /** Where it runs; null if that is unknown. */
  process: { space: string; pid: number } | null;
  /** Another node has found this one dead. */
  isDead: boolean;
}

/**
 * The operations that several nodes on one database need besides `ChatStore`. Only a store that can serve several processes has them.
 * They reject as those of `ChatStore` do.
 */
export interface FleetStore {
  /** Identifies the database. Created by the first node that asks. */
  databaseId(): Promise<string>;
  /** False if another node has marked this one dead, or has removed its beat. A first beat, with counter 1, adds it. */
  writeBeat(beat: Beat): Promise<boolean>;
  readBeats(): Promise<Beat[]>;
  /** Marks the node dead if its counter is still this one, which frees its drafts. False if it has written another beat. */
  markDead(node: string, counter: number): Promise<boolean>;
  /** Removes the node's beat, which frees its drafts. */
  removeNode(node: string): Promise<void>;
  /**
   * The positions of these sessions, null for those that do not exist. Leaves out sessions with a message that this process has stored
   * and not yet reported.
   */
  findPositions(sessionIds: readonly string[]): Promise<Map<string, SessionPosition | null>>;
  /** Null if the session is not the user's. */
  findPosition(userId: string, sessionId: string): Promise<SessionPosition | null>;
  /**
   * Reads at most `limit` messages of the session. It stops before a message that this process has stored and not yet reported, so that
   * its acknowledgement can come first. Null if the session is not the user's.
   */
  readTail(userId: string, sessionId: string, after: number, limit: number): Promise<SessionTail | null>;
  /** Finishes what crashes of other nodes have left, and returns the sessions that it has brought up to date. */
  repair(): Promise<SessionPosition[]>;
}
