import { randomUUID } from 'node:crypto';
import type { FrameSocket } from './frameSocket';
import type { Dialect, LoadPlan, LoadUser } from './plan';

const OURS: Dialect = { send: '"message"', echo: '"message"' };
/** The first characters of Socket.IO packets. */
const EVENT = '42';
const ACK = '43';
const TEXT = 'the quick brown fox jumps over the lazy dog';

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
  private readonly withAcks: boolean;
  private readonly withIds: boolean;
  private readonly text: string;
  private readonly dialect: Dialect;
  /** The first characters of the packets that are responses. */
  private readonly response: string;

  constructor(
    private readonly socket: FrameSocket,
    private readonly user: LoadUser,
    { withAcks = false, withoutIds = false, text = TEXT, dialect = OURS }: LoadPlan,
    private readonly onResponse: ResponseListener,
  ) {
    this.withAcks = withAcks;
    this.withIds = !withoutIds;
    this.text = text;
    this.dialect = dialect;
    this.response = withAcks ? ACK : `${EVENT}[${dialect.echo}`;
    socket.onFrame = (frame) => this.receive(frame);
  }

  get inFlight(): number {
    return this.pending.size;
  }

  send(dueAt: number): void {
    this.sent += 1;
    const content = `${this.text} ${this.sent}`;
    this.pending.set(this.sent, { content, dueAt });
    const ackId = this.withAcks ? String(this.sent) : '';
    const id = this.withIds ? `,"clientMessageId":"${newId()}"` : '';
    this.socket.send(
      `${EVENT}${ackId}[${this.dialect.send},{"sessionId":"${this.user.sessionId}","content":"${content}"${id}}]`,
    );
  }

  close(): void {
    this.socket.close();
  }

  private receive(frame: string): void {
    if (!frame.startsWith(this.response)) return;
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

/** A UUIDv7. Made of a random one, which takes a fifth of the CPU time that the package `uuidv7` needs. */
function newId(): string {
  const time = Date.now().toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}
