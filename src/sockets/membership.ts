import { ChatError } from '../domain/errors';
import type { ChatSocket } from './chatServer';
import { sessionRoom } from './rooms';

interface Entry {
  room: string;
  hasLeft: boolean;
}

/** Which sessions a socket hears: those it asked for, as soon as it asks, as long as they are its user's. */
export class Membership {
  /** What is being entered while the store is asked. */
  private readonly entering = new WeakMap<ChatSocket, Set<Entry>>();

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
    const entry: Entry = { room, hasLeft: false };
    const entries = this.entriesOf(socket).add(entry);
    try {
      join(socket, room);
      return await work(() => {
        if (!entry.hasLeft) join(socket, room);
      });
    } catch (error) {
      // Or it would hear the session once it is the user's after all, without having been let in.
      if (error instanceof ChatError && error.code === 'NOT_FOUND') await socket.leave(room);
      throw error;
    } finally {
      entries.delete(entry);
    }
  }

  async leave(socket: ChatSocket, sessionId: string): Promise<void> {
    const room = sessionRoom(socket.data.identity.userId, sessionId);
    for (const entry of this.entriesOf(socket)) if (entry.room === room) entry.hasLeft = true;
    await socket.leave(room);
  }

  private entriesOf(socket: ChatSocket): Set<Entry> {
    const entries = this.entering.get(socket) ?? new Set();
    this.entering.set(socket, entries);
    return entries;
  }
}

/** The rooms of one process are joined at once; a fleet's adapter would have to be waited for. */
function join(socket: ChatSocket, room: string): void {
  if (!socket.rooms.has(room)) void socket.join(room);
}
