import type { ChatError } from '../domain/errors';
import type { InFlight } from '../utils/inFlight';
import { type ChatSocket, webSocketOf } from './transport';

/**
 * Events of one socket that are handled concurrently. Eight pages of the largest messages, 13 MB, fit into `MAX_BUFFERED_BYTES`.
 */
const MAX_CONCURRENT = 8;
/**
 * Queue length at which the server stops reading the WebSocket. It isn't smaller, so that waiting events are already here and can be
 * refused together when the database is unavailable, instead of waiting for its timeout once more.
 */
const PAUSE_LENGTH = 100;
/** Queue length at which the client is disconnected. A WebSocket never reaches it: the 64 KB still read after a pause hold fewer events. */
const MAX_QUEUED = 10_000;
/**
 * Client-side disconnects. Events already received are still processed; after a server-side disconnect, such as a logout, they are
 * dropped.
 */
const CLIENT_DISCONNECTS: ReadonlySet<string> = new Set([
  'client namespace disconnect',
  'transport close',
  'transport error',
  'ping timeout',
]);

/**
 * Handles an event and sends its answer. Resolves with the error that it failed with, or null; must not reject. With `refusal`, it
 * fails with that error.
 */
export type HandleEvent = (refusal?: ChatError) => Promise<ChatError | null>;

interface SocketQueue {
  running: number;
  pending: HandleEvent[];
  /** Ends the entry in `InFlight` that keeps a graceful stop waiting for the queue. */
  release: (() => void) | null;
}

/**
 * Per-socket backpressure: handles a few events of each socket concurrently and queues the rest in order, so that a client that
 * sends a burst delays only itself. While the queue is long, its WebSocket is paused; a client that fills the
 * queue by other means is disconnected.
 */
export class SocketThrottle {
  private readonly queues = new WeakMap<ChatSocket, SocketQueue>();
  private readonly blocked = new Set<ChatSocket>();
  private isScheduled = false;

  constructor(private readonly inFlight: InFlight) {}

  /**
   * Handles the event, now or later. If an earlier event fails with `UNAVAILABLE` meanwhile, this one is refused with the same error:
   * otherwise each group of queued events would wait for the database's timeout. Drops it after a server-side disconnect.
   */
  run(socket: ChatSocket, handle: HandleEvent): void {
    if (!socket.connected) return;
    const queue = this.queueOf(socket);
    if (queue.pending.length === 0 && queue.running < MAX_CONCURRENT) this.start(socket, queue, handle);
    else if (queue.pending.length < MAX_QUEUED) this.enqueue(socket, queue, handle);
    else socket.conn.close(true);
  }

  /** Call it when a socket has disconnected. */
  disconnected(socket: ChatSocket, reason: string): void {
    const queue = this.queues.get(socket);
    if (queue && !CLIENT_DISCONNECTS.has(reason)) queue.pending = [];
  }

  private queueOf(socket: ChatSocket): SocketQueue {
    const known = this.queues.get(socket);
    if (known) return known;
    const queue: SocketQueue = { running: 0, pending: [], release: null };
    this.queues.set(socket, queue);
    return queue;
  }

  private start(socket: ChatSocket, queue: SocketQueue, handle: HandleEvent): void {
    queue.running += 1;
    this.inFlight.run(async () => {
      const error = await handle();
      queue.running -= 1;
      if (!this.blocked.has(socket)) return;
      if (error?.code === 'UNAVAILABLE') queue.pending = queue.pending.map((next) => refused(next, error));
      this.schedule();
    });
  }

  private enqueue(socket: ChatSocket, queue: SocketQueue, handle: HandleEvent): void {
    queue.pending.push(handle);
    // For each event, as the connection may have been upgraded from polling meanwhile.
    if (queue.pending.length >= PAUSE_LENGTH) webSocketOf(socket.conn.transport)?.pause();
    queue.release ??= this.inFlight.begin();
    this.blocked.add(socket);
    this.schedule();
  }

  /** Starts queued events in a later turn of the event loop: events that fail immediately must not keep it busy. */
  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      for (const socket of this.blocked) this.startPending(socket);
    });
  }

  private startPending(socket: ChatSocket): void {
    const queue = this.queueOf(socket);
    for (const handle of queue.pending.splice(0, MAX_CONCURRENT - queue.running)) {
      this.start(socket, queue, handle);
    }
    if (queue.pending.length > 0) return;
    this.blocked.delete(socket);
    queue.release?.();
    queue.release = null;
    webSocketOf(socket.conn.transport)?.resume();
  }
}

/** Returns null after the refusal: were it returned again, each refused event would wrap all the events behind it once more. */
function refused(handle: HandleEvent, refusal: ChatError): HandleEvent {
  return async () => {
    await handle(refusal);
    return null;
  };
}
