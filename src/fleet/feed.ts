import type { Message } from '../domain/message';
import type { SessionPosition, SessionTail } from '../stores/fleetStore';

/** How long to wait before the next read when a stored message isn't visible yet. */
const VISIBLE_RETRY_MS = 50;
/** How long to wait before the next read after one that failed. */
const FAILED_RETRY_MS = 1_000;

/** A message that this node has stored, with what to do when its turn comes. */
export interface FeedElement {
  message: Message;
  /** The socket that sent it. It gets the acknowledgement instead of the event. */
  exceptSocket?: string | undefined;
  /** Sends the acknowledgement. Called once, immediately before the message is delivered. */
  acknowledge?: (() => void) | undefined;
}

/**
 * Why a session is read: a socket joins, a hint or a position check shows that something is missing, a message of this node has come
 * before earlier ones, or a read is tried again.
 */
export type ReadReason = 'join' | 'hint' | 'check' | 'gap' | 'retry';

/** Reads a session from the database. Both resolve with null if it is deleted or another user's. */
export interface FeedSource {
  position(): Promise<SessionPosition | null>;
  tail(after: number, reason: ReadReason): Promise<SessionTail | null>;
}

/** The sockets of this node that are in the session. */
export interface FeedOutput {
  deliver(message: Message, exceptSocket: string | undefined): void;
  /** The session was deleted: its sockets are notified and leave. */
  gone(lastKnown: SessionPosition | null, lastSeq: number): void;
}

/**
 * Delivers the messages of one session to the sockets of this node, in the order of `seq`, each once, whichever node stored them. A
 * message that follows the last one goes out immediately. Anything else is a hint that something is missing, and makes the feed read the
 * end of the session from the database. Hints may be lost, doubled, late and in any order.
 */
export class SessionFeed {
  /** Null until the first message or position is known. */
  private position: SessionPosition | null = null;
  private key: string | null = null;
  /** The `seq` of the next message to deliver. */
  private next = 0;
  /** Messages of this node that wait for earlier ones. */
  private readonly held = new Map<number, FeedElement>();
  private heldKey = '';
  /** The number of joins that are reading the first position. */
  private starting = 0;
  /** The largest `seq` that a hint, or a message of this node, has named. */
  private announced = 0;
  private reading: Promise<void> | null = null;
  private readAgain = false;
  private reason: ReadReason = 'join';
  private retry: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(
    private readonly source: FeedSource,
    private readonly output: FeedOutput,
  ) {}

  get isClosed(): boolean {
    return this.closed;
  }

  /** The `key` that it delivers; null while that is unknown. */
  get currentKey(): string | null {
    return this.key;
  }

  /** Takes messages that this node has stored, with consecutive `seq`, in the session with this `key`. */
  stored(key: string, elements: readonly FeedElement[]): void {
    const [first] = elements;
    if (!first) return;
    for (const element of elements) {
      this.held.set(element.message.seq, element);
      this.announced = Math.max(this.announced, element.message.seq);
    }
    this.heldKey = key;
    if (this.key === null) {
      if (this.starting === 0) this.begin(key, first.message.seq);
      return;
    }
    this.drain();
    if (this.held.size > 0) void this.read('gap');
  }

  /** Starts after messages that were delivered without it. */
  beginAfter(key: string, seq: number): void {
    if (this.key === null && this.starting === 0) this.begin(key, seq + 1);
  }

  /** The session may have messages up to `seq`, or have another `key`. */
  hint(key: string, seq: number): void {
    this.announced = Math.max(this.announced, seq);
    if (this.key !== null && (key !== this.key || seq >= this.next)) void this.read('hint');
  }

  /** True if the session has messages up to `seq` that nothing but a look into the database has shown. */
  isUnannounced(seq: number): boolean {
    return !this.closed && this.key !== null && seq >= this.next && this.announced < seq;
  }

  /** True if a hint, or a message of this node, has named this `seq` or a later one. */
  hasAnnounced(seq: number): boolean {
    return this.announced >= seq;
  }

  /** Compares with a position that was just read; null if the session is deleted. */
  async observe(
    position: SessionPosition | null,
    reason: ReadReason = 'check',
    from = Number.POSITIVE_INFINITY,
  ): Promise<void> {
    if (this.closed) return;
    if (position === null) {
      // Without a key, the session may be about to be created: sockets are admitted before that.
      if (this.key !== null) this.end();
      return;
    }
    if (this.key !== null && position.key !== this.key) {
      this.end();
      return;
    }
    this.position = position;
    if (this.key === null) this.begin(position.key, Math.min(from, position.lastSeq) + 1);
    if (position.lastSeq >= this.next) await this.read(reason);
  }

  /**
   * Called when a socket joins that has seen, or will be told, messages up to `lastSeq`. Resolves with the last `seq` delivered, when
   * everything that is in the database by now has been delivered; what comes after that reaches the socket live.
   */
  async catchUp(lastSeq: number): Promise<number> {
    this.starting += 1;
    let position: SessionPosition | null;
    try {
      position = await this.source.position();
    } finally {
      this.starting -= 1;
      // Nothing else would start it, and its messages are stored.
      if (this.starting === 0) queueMicrotask(() => this.startFromHeld());
    }
    if (position === null) this.end();
    else await this.observe(position, 'join', lastSeq);
    return Math.max(lastSeq, this.next - 1);
  }

  /** Acknowledges what waits, and delivers nothing any more. */
  close(): void {
    this.closed = true;
    clearTimeout(this.retry);
    this.releaseAcknowledgements();
  }

  private begin(key: string, next: number): void {
    this.key = key;
    this.next = next;
    this.drain();
    if (this.held.size > 0 || this.announced >= this.next) void this.read('hint');
  }

  private startFromHeld(): void {
    const first = Math.min(...this.held.keys());
    if (!this.closed && this.key === null && this.held.size > 0) this.begin(this.heldKey, first);
  }

  /** Delivers the held messages that are next. */
  private drain(): void {
    for (
      let element = this.held.get(this.next);
      element && !this.closed;
      element = this.held.get(this.next)
    ) {
      this.deliver(element);
    }
    if (this.held.size === 0) return;
    // A read has delivered them from the database, after their acknowledgements had been given up.
    for (const [seq, { acknowledge }] of this.held) {
      if (seq >= this.next) continue;
      this.held.delete(seq);
      acknowledge?.();
    }
  }

  private deliver({ message, exceptSocket, acknowledge }: FeedElement): void {
    this.held.delete(message.seq);
    this.next = message.seq + 1;
    acknowledge?.();
    if (!this.closed) this.output.deliver(message, exceptSocket);
  }

  /** Resolves after a read that began after this call, or failed. Calls during a read share the next one. */
  private read(reason: ReadReason): Promise<void> {
    this.reason = reason;
    if (this.reading !== null) {
      this.readAgain = true;
      return this.reading;
    }
    clearTimeout(this.retry);
    this.reading = this.readToEnd().finally(() => {
      this.reading = null;
    });
    return this.reading;
  }

  private async readToEnd(): Promise<void> {
    try {
      let hasMore = true;
      while (hasMore || this.readAgain) {
        this.readAgain = false;
        hasMore = await this.readPage();
      }
      if (this.held.size > 0) this.readLater(VISIBLE_RETRY_MS);
    } catch {
      // Every store logs its failures.
      this.readLater(FAILED_RETRY_MS);
    }
    // One read has to be enough: an acknowledgement doesn't wait for what the database doesn't show.
    this.releaseAcknowledgements();
  }

  /** False at the end of the session. */
  private async readPage(): Promise<boolean> {
    if (this.closed) return false;
    const before = this.next;
    const tail = await this.source.tail(before - 1, this.reason);
    if (this.closed) return false;
    if (tail === null || tail.position.key !== this.key) {
      this.end();
      return false;
    }
    this.position = tail.position;
    for (const message of tail.messages) {
      if (message.seq === this.next) this.deliver(this.held.get(message.seq) ?? { message });
    }
    this.drain();
    return tail.hasMore && this.next > before;
  }

  private readLater(delayMs: number): void {
    if (this.closed) return;
    clearTimeout(this.retry);
    this.retry = setTimeout(() => void this.read('retry'), delayMs).unref();
  }

  private releaseAcknowledgements(): void {
    for (const element of this.held.values()) {
      const { acknowledge } = element;
      element.acknowledge = undefined;
      acknowledge?.();
    }
  }

  /** Ends it because the session was deleted: its sockets are notified and leave. */
  end(): void {
    if (this.closed) return;
    const lastSeq = Math.max(0, this.next - 1);
    this.close();
    this.output.gone(this.position, lastSeq);
  }
}
