import { ChatError } from '../domain/errors';
import type { ChatSocket } from './chatServer';
import { sessionRoom } from './rooms';

/** That a socket is in a room, for as long as the store is asked whether it may be. */
interface Stay {
  /** Questions to the store that aren't answered yet. */
  asked: number;
  /** Whether it may stay, whatever becomes of them. */
  isMember: boolean;
  hasLeft: boolean;
}

/** Which sessions a socket hears: those it asked for, as soon as it asks, as long as they are its user's. */
export class Membership {
  /** By room. */
  private readonly stays = new WeakMap<ChatSocket, Map<string, Stay>>();

  /**
   * Joins before `work` asks the store, so that a message stored in between arrives live instead of not at all. `confirm` is to
   * be called with the store's answer: the session may have been deleted in between, which empties its room, and made anew.
   */
  async enter<T>(
    socket: ChatSocket,
    sessionId: string,
    work: (confirm: () => void) => Promise<T>,
  ): Promise<T> {
    const room = sessionRoom(socket.data.identity.userId, sessionId);
    const stays = this.staysOf(socket);
    const stay = stays.get(room) ?? { asked: 0, isMember: socket.rooms.has(room), hasLeft: false };
    stays.set(room, stay);
    stay.asked += 1;
    join(socket, room);
    try {
      return await work(() => {
        if (stay.hasLeft) return;
        stay.isMember = true;
        join(socket, room);
      });
    } catch (error) {
      if (isRefused(stay, error)) await socket.leave(room);
      throw error;
    } finally {
      stay.asked -= 1;
      if (stay.asked === 0 && !stay.hasLeft) stays.delete(room);
    }
  }

  async leave(socket: ChatSocket, sessionId: string): Promise<void> {
    const room = sessionRoom(socket.data.identity.userId, sessionId);
    const stays = this.staysOf(socket);
    const stay = stays.get(room);
    if (stay) stay.hasLeft = true;
    stays.delete(room);
    await socket.leave(room);
  }

  private staysOf(socket: ChatSocket): Map<string, Stay> {
    const stays = this.stays.get(socket) ?? new Map();
    this.stays.set(socket, stays);
    return stays;
  }
}

/** The rooms of one process are joined at once; a fleet's adapter would have to be waited for. */
function join(socket: ChatSocket, room: string): void {
  if (!socket.rooms.has(room)) void socket.join(room);
}

/** It would hear the session, once it is the user's after all, without having been let in. */
function isRefused({ asked, isMember, hasLeft }: Stay, error: unknown): boolean {
  const isAnothers = error instanceof ChatError && error.code === 'NOT_FOUND';
  const isTheOnlyQuestion = asked === 1;
  return !hasLeft && (isAnothers || (!isMember && isTheOnlyQuestion));
}
