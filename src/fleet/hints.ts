import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { DraftDelta } from '../domain/message';

/**
 * What one node tells the others about a user: that something has changed, and where to look. The database has the truth, so a hint
 * that is lost, doubled or late only delays what it announces. It carries no text of a message or a session, except the pieces of drafts.
 */
export type Hint =
  /** The session with this `key` has messages up to `seq`. */
  | { kind: 'messages'; sessionId: string; key: string; seq: number }
  | { kind: 'session'; change: 'created' | 'renamed' | 'changed'; sessionId: string }
  | { kind: 'deleted'; sessionId: string; createdAt: string; lastMessageAt: string | null; lastSeq: number }
  | { kind: 'login'; loginId: string }
  | { kind: 'user' }
  /** The stop of a reply in the session was requested, which its owner finds in the database. */
  | { kind: 'stop'; sessionId: string }
  /** Sockets of another node are in the session: the owners of its drafts publish them, first whole and then in pieces. */
  | { kind: 'wanted'; sessionId: string }
  | ({ kind: 'draft' } & DraftPiece);

/** A piece of the draft of a reply: its text from `at` on, in UTF-16 code units. */
export type DraftPiece = DraftDelta;

/** What a node tells all others about itself each second. */
export interface Pulse {
  /** The incarnation id of the node. */
  node: string;
  database: 'ok' | 'away';
  /** How many hints about created, changed and deleted sessions it could not send since it was started. */
  lostReports: number;
}

const MAC_BYTES = 16;
const MAC_LENGTH = Buffer.alloc(MAC_BYTES).toString('base64url').length;

/**
 * Names the channels of one database and signs what is published on them. Several deployments may share a Redis, whose channels ignore
 * its database number, and a client that can write to Redis must not be able to close sockets.
 */
export class Channels {
  private readonly prefix: string;
  private readonly keys: Buffer[];

  /** The first secret signs, all of them verify. */
  constructor(databaseId: string, secrets: readonly string[]) {
    this.prefix = `chat:${createHash('sha256').update(databaseId).digest('hex').slice(0, 16)}:`;
    this.keys = secrets.map((secret) => createHmac('sha256', secret).update('fleet bus').digest());
  }

  /** The channel on which the nodes hear each other. */
  get nodes(): string {
    return `${this.prefix}nodes`;
  }

  /** Begins the keys of counts. */
  get counts(): string {
    return `${this.prefix}count`;
  }

  ofUser(userId: string): string {
    return `${this.prefix}user:${userId}`;
  }

  /** The user whose channel this is. */
  userOf(channel: string): string {
    return channel.slice(this.ofUser('').length);
  }

  /** `from` identifies the sender, which hears its own messages, too. */
  sign(channel: string, content: (Hint & { from: string }) | Pulse): string {
    const json = JSON.stringify(content);
    return macOf(this.keys[0] ?? Buffer.alloc(0), channel, json).toString('base64url') + json;
  }

  /** Returns the hint in a message on the channel of a user, or null if no node has signed it. */
  hintIn(channel: string, message: string): (Hint & { from: string }) | null {
    return this.read(channel, message);
  }

  /** Returns the pulse in a message on the channel of the nodes, or null if no node has signed it. */
  pulseIn(message: string): Pulse | null {
    return this.read(this.nodes, message);
  }

  /** The channel is signed, too, so that a message can't be moved to another user's channel. */
  private read<T>(channel: string, message: string): T | null {
    const mac = Buffer.from(message.slice(0, MAC_LENGTH), 'base64url');
    const json = message.slice(MAC_LENGTH);
    if (mac.length !== MAC_BYTES) return null;
    const isSigned = this.keys.some((key) => timingSafeEqual(mac, macOf(key, channel, json)));
    return isSigned ? JSON.parse(json) : null;
  }
}

function macOf(key: Buffer, channel: string, json: string): Buffer {
  return createHmac('sha256', key).update(`${channel}\n${json}`).digest().subarray(0, MAC_BYTES);
}
