import type { FrameSocket } from './frameSocket';
import type { LoadUser } from './plan';

/** The first characters of Socket.IO packets. */
const EVENT = '42["message"';
const ACK = '43';
const FILLER = 'the quick brown fox jumps over the lazy dog';

interface Pending {
  content: string;
  /** When it was due to be sent, on the clock of `performance.now()`. */
  dueAt: number;
}

export type ResponseKind = 'answered' | 'refused' | 'wrong';
export type ResponseListener = (kind: ResponseKind, dueAt: number) => void;

/** One connection of the load generator: keeps the messages in flight and checks every response. */
export class LoadClient {
  /** Messages in flight by number, oldest first. */
  private readonly pending = new Map<number, Pending>();
  private sent = 0;

  constructor(
    private readonly socket: FrameSocket,
    private readonly user: LoadUser,
    private readonly withAcks: boolean,
    private readonly onResponse: ResponseListener,
  ) {
    socket.onFrame = (frame) => this.receive(frame);
  }

  get inFlight(): number {
    return this.pending.size;
  }

  send(dueAt: number): void {
    this.sent += 1;
    const content = `${this.sent} ${FILLER}`;
    this.pending.set(this.sent, { content, dueAt });
    const ackId = this.withAcks ? String(this.sent) : '';
    this.socket.send(`42${ackId}["message",{"sessionId":"${this.user.sessionId}","content":"${content}"}]`);
  }

  close(): void {
    this.socket.close();
  }

  private receive(frame: string): void {
    if (!frame.startsWith(this.withAcks ? ACK : EVENT)) return;
    // A refusal may overtake the acks of earlier messages, so acks are matched by their number.
    const number = this.withAcks ? Number.parseInt(frame.slice(ACK.length), 10) : this.oldest();
    const pending = this.pending.get(number);
    this.pending.delete(number);
    if (pending) this.onResponse(this.kindOf(frame, pending), pending.dueAt);
    else this.onResponse('wrong', performance.now());
  }

  /** The echoes of a connection arrive in the order in which its messages were sent. */
  private oldest(): number {
    return this.pending.keys().next().value ?? 0;
  }

  private kindOf(frame: string, { content }: Pending): ResponseKind {
    if (frame.includes(`"content":"${content}"`)) return 'answered';
    return this.withAcks && frame.includes('"ok":false') ? 'refused' : 'wrong';
  }
}
