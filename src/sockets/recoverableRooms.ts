import type { ChatServer } from './chatServer';

/** How long a lost connection counts as one that may come back: longer than it can be recovered, with its login checked. */
const AWAITED_MS = 60_000;

/** The rooms of connections that were lost lately: what is sent to them may still be heard, although nobody is in them. */
export class RecoverableRooms {
  private readonly awaitedUntil = new Map<string, number>();

  constructor({ sockets: { adapter } }: ChatServer) {
    const persist = adapter.persistSession.bind(adapter);
    adapter.persistSession = (session) => {
      const until = performance.now() + AWAITED_MS;
      for (const room of session.rooms) this.awaitedUntil.set(room, until);
      persist(session);
    };
    setInterval(() => this.forgetOld(), AWAITED_MS).unref();
  }

  has(room: string): boolean {
    return this.awaitedUntil.has(room);
  }

  private forgetOld(): void {
    const now = performance.now();
    for (const [room, until] of this.awaitedUntil) if (until < now) this.awaitedUntil.delete(room);
  }
}
