import type { Message } from '../src/domain/message';
import type { Account, ClientSocket } from './account';
import { Changes } from './waiting';

/** A device that only listens to one session. After each reconnect it resumes from the last message that it has. */
export class Observer {
  /** The id of each message that was seen, by `seq`. */
  readonly seen = new Map<number, string>();
  /** Live messages that came after a later one of the same connection, or with another id than before. */
  faults = 0;
  private readonly socket: ClientSocket;
  private readonly changes = new Changes();
  /** The `seq` of the last live message of this connection. */
  private lastLive = 0;

  constructor(
    account: Account,
    private readonly sessionId: string,
  ) {
    this.socket = account.socket();
    this.socket.on('connect', () => {
      this.lastLive = 0;
      void this.resume();
    });
    this.socket.on('message', (message) => {
      if (message.seq <= this.lastLive) this.faults += 1;
      this.lastLive = message.seq;
      this.add(message);
    });
  }

  /** The highest `seq` up to which no message is missing. */
  get complete(): number {
    let seq = 0;
    while (this.seen.has(seq + 1)) seq += 1;
    return seq;
  }

  /** Resolves when no message up to this `seq` is missing. */
  untilComplete(seq: number): Promise<void> {
    return this.changes.until(() => this.complete >= seq);
  }

  close(): void {
    this.socket.disconnect();
  }

  private async resume(): Promise<void> {
    try {
      for (let hasMore: boolean | undefined = true; hasMore; ) {
        const target = { sessionId: this.sessionId, after: this.complete };
        const answer = await this.socket.timeout(5_000).emitWithAck('join-session', target);
        if (!answer.ok) throw new Error(answer.error.message);
        for (const message of answer.messages ?? []) this.add(message);
        hasMore = answer.hasMore;
      }
    } catch {
      // The connection was lost, or the server is not ready. A new connection starts over.
      this.socket.io.engine.close();
    }
  }

  private add({ seq, messageId }: Message): void {
    const before = this.seen.get(seq);
    if (before !== undefined && before !== messageId) this.faults += 1;
    this.seen.set(seq, messageId);
    this.changes.notify();
  }
}
