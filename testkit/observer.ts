import type { Message } from '../src/domain/message';
import type { Account, ClientSocket } from './account';

/**
 * A device that only listens to one session: through every reconnect it resumes after the last message it has, and notes
 * whatever a user of it would see wrongly.
 */
export class Observer {
  readonly seen = new Map<number, string>();
  /** Live messages that came before an earlier one of the same connection, or with another id than before. */
  faults = 0;
  private readonly socket: ClientSocket;
  private lastLive = 0;
  private readonly waiting = new Set<() => void>();

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
      this.note(message);
    });
  }

  /** The last `seq` up to which nothing is missing. */
  get complete(): number {
    let seq = 0;
    while (this.seen.has(seq + 1)) seq += 1;
    return seq;
  }

  /** Resolves when nothing up to this `seq` is missing. */
  untilComplete(seq: number): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (this.complete < seq) return;
        this.waiting.delete(look);
        resolve();
      };
      this.waiting.add(look);
      look();
    });
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
        for (const message of answer.messages ?? []) this.note(message);
        hasMore = answer.hasMore;
      }
    } catch {
      // The connection was lost meanwhile, or the server isn't ready: begin anew on a new connection.
      this.socket.io.engine.close();
    }
  }

  private note({ seq, messageId }: Message): void {
    const before = this.seen.get(seq);
    if (before !== undefined && before !== messageId) this.faults += 1;
    this.seen.set(seq, messageId);
    for (const look of this.waiting) look();
  }
}
