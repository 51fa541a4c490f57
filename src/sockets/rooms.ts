import { ChatError } from '../domain/errors';
import type { ChatSocket } from './transport';

/**
 * The room of all devices in a session. The user id is part of the name, so that a socket that joins before the store has
 * confirmed the owner can't receive another user's events.
 */
export function sessionRoom(userId: string, sessionId: string): string {
  return `session:${userId}:${sessionId}`;
}

const SESSION_ROOM = /^session:(.*):([^:]*)$/;

/** The session whose room this is; null for other rooms. */
export function sessionInRoom(room: string): { userId: string; sessionId: string } | null {
  const [, userId, sessionId] = SESSION_ROOM.exec(room) ?? [];
  return userId === undefined || sessionId === undefined ? null : { userId, sessionId };
}

const USER_ROOM = 'user:';

/** The room of all devices of a user. */
export function userRoom(userId: string): string {
  return `${USER_ROOM}${userId}`;
}

/** The user whose room this is; null for other rooms. */
export function userOfRoom(room: string): string | null {
  return room.startsWith(USER_ROOM) ? room.slice(USER_ROOM.length) : null;
}

/** The room of all sockets of a login. */
export function loginRoom(loginId: string): string {
  return `login:${loginId}`;
}

/** A provisional room join, held until the store confirms access. */
interface PendingJoin {
  /** Calls to the store that have not returned. */
  calls: number;
  /** The socket was in the room before, or the store has confirmed access. */
  isConfirmed: boolean;
  /** The client has left, or access was denied: a late confirmation must not join again. */
  hasLeft: boolean;
}

/** The steps in which a socket enters the room of a session. */
export interface RoomEntry {
  /** Joins provisionally. */
  begin: () => void;
  confirm: () => void;
}

/** Decides which session rooms a socket is in: those it asked for, as long as the session belongs to its user. */
export class RoomAccess {
  private readonly pending = new WeakMap<ChatSocket, Map<string, PendingJoin>>();

  /**
   * `work` must call `begin` once the app allows access and before it calls the store, so that a message that is stored in between
   * arrives live, and `confirm` when the store confirms access: the session may have been deleted, which empties its room, and recreated
   * meanwhile. Leaves the room if access is denied, or if `work` rejects and access was never confirmed.
   */
  async enter<T>(socket: ChatSocket, sessionId: string, work: (entry: RoomEntry) => Promise<T>): Promise<T> {
    const room = sessionRoom(socket.data.identity.userId, sessionId);
    const joins = this.joinsOf(socket);
    const join = joins.get(room) ?? { calls: 0, isConfirmed: socket.rooms.has(room), hasLeft: false };
    joins.set(room, join);
    join.calls += 1;
    const begin = () => {
      if (!join.hasLeft) joinRoom(socket, room);
    };
    const confirm = () => {
      if (!join.hasLeft) join.isConfirmed = true;
      begin();
    };
    try {
      return await work({ begin, confirm });
    } catch (error) {
      if (isDenied(join, error)) {
        join.isConfirmed = false;
        // Another call in flight may still confirm access: a message recreates a deleted session.
        join.hasLeft = join.calls === 1;
        await socket.leave(room);
      }
      throw error;
    } finally {
      join.calls -= 1;
      if ((join.calls === 0 || join.hasLeft) && joins.get(room) === join) this.forget(socket, room);
    }
  }

  /** Leaves the room. Calls to the store that are in flight do not join it again. */
  async leave(socket: ChatSocket, sessionId: string): Promise<void> {
    const room = sessionRoom(socket.data.identity.userId, sessionId);
    const join = this.pending.get(socket)?.get(room);
    if (join) join.hasLeft = true;
    this.forget(socket, room);
    await socket.leave(room);
  }

  /** An idle socket keeps no map. */
  private forget(socket: ChatSocket, room: string): void {
    const joins = this.pending.get(socket);
    joins?.delete(room);
    if (joins?.size === 0) this.pending.delete(socket);
  }

  private joinsOf(socket: ChatSocket): Map<string, PendingJoin> {
    const joins = this.pending.get(socket) ?? new Map();
    this.pending.set(socket, joins);
    return joins;
  }
}

/** The in-memory adapter joins synchronously. Socket.IO ignores a join of a socket that has disconnected. */
function joinRoom(socket: ChatSocket, room: string): void {
  if (!socket.rooms.has(room)) void socket.join(room);
}

/**
 * Whether to leave the room: access was denied, or the last call failed before any confirmed it. A socket that stayed would be subscribed
 * if the user later creates a session with this id.
 */
function isDenied({ calls, isConfirmed, hasLeft }: PendingJoin, error: unknown): boolean {
  const isNotFound = error instanceof ChatError && error.code === 'NOT_FOUND';
  const isLastCall = calls === 1;
  return !hasLeft && (isNotFound || (!isConfirmed && isLastCall));
}
