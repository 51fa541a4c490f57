import type { FrameSocket } from './frameSocket';
import type { Sender } from './plan';

/** How Socket.IO's packets begin. */
const EVENT = '42';
const ACK = '43';
const FILLING = 'the quick brown fox jumps over the lazy dog';

interface Pending {
  content: string;
  /** When it was to leave, on the clock of `performance.now()`. */
  dueAt: number;
}

export type Verdict = 'answered' | 'refused' | 'wrong';
export type Listener = (verdict: Verdict, dueAt: number) => void;

/** One connection: what it has sent and not heard of yet, and whether what it hears is right. */
export class Lane {
  /** By number, the oldest first. */
  private readonly pending = new Map<number, Pending>();
  private sent = 0;

  constructor(
    private readonly socket: FrameSocket,
    private readonly sender: Sender,
    private readonly withAcks: boolean,
    private readonly listener: Listener,
  ) {
    socket.onFrame = (frame) => this.hear(frame);
  }

  get underWay(): number {
    return this.pending.size;
  }

  send(dueAt: number): void {
    this.sent += 1;
    const content = `${this.sent} ${FILLING}`;
    this.pending.set(this.sent, { content, dueAt });
    const ackId = this.withAcks ? String(this.sent) : '';
    this.socket.send(`42${ackId}["message",{"sessionId":"${this.sender.sessionId}","content":"${content}"}]`);
  }

  close(): void {
    this.socket.close();
  }

  private hear(frame: string): void {
    if (!frame.startsWith(this.withAcks ? ACK : EVENT)) return;
    // A refusal may overtake the acks of what was sent before, so each ack says which message it is of.
    const number = this.withAcks ? Number.parseInt(frame.slice(ACK.length), 10) : this.oldest();
    const pending = this.pending.get(number);
    this.pending.delete(number);
    if (pending) this.listener(this.judge(frame, pending), pending.dueAt);
    else this.listener('wrong', performance.now());
  }

  /** A connection's echoes come in the order in which the messages were sent. */
  private oldest(): number {
    return this.pending.keys().next().value ?? 0;
  }

  private judge(frame: string, { content }: Pending): Verdict {
    if (frame.includes(`"content":"${content}"`)) return 'answered';
    return this.withAcks && frame.includes('"ok":false') ? 'refused' : 'wrong';
  }
}
