import type { InFlight } from '../utils/inFlight';
import type { ChatSocket } from './chatServer';

/** Events of one socket that begin in one turn of the event loop: a chunk of what a client has sent holds hundreds. */
const PER_TURN = 16;
/** Events of one socket that may wait: more than the 64 KB that are read of a WebSocket before it is paused can hold. */
const MAX_WAITING = 10_000;
/** The client is gone by itself: what it had sent before counts. After any other end, as of its login, it doesn't. */
const LEFT: ReadonlySet<string> = new Set([
  'client namespace disconnect',
  'transport close',
  'transport error',
  'ping timeout',
]);

/** What one socket has sent. */
interface Line {
  turn: number;
  /** Of its events, how many have begun in that turn. */
  begun: number;
  /** What hasn't begun. */
  waiting: (() => void)[];
  /** Tells that nothing waits any more. */
  end(): void;
}

/**
 * Lets few events of each socket begin in each turn of the event loop, in the order in which they came, so that whoever sends a
 * lot at once waits for itself and not everybody for it. Meanwhile nothing more is read of its WebSocket; a client that goes on
 * by other ways is cut.
 */
export class FairTurns {
  private turn = 0;
  private isNextPlanned = false;
  private readonly lines = new WeakMap<ChatSocket, Line>();
  private readonly waiting = new Map<ChatSocket, Line>();

  constructor(private readonly inFlight: InFlight) {}

  /** Begins it now or in a later turn; not at all if the server ends the connection before. */
  take(socket: ChatSocket, begin: () => void): void {
    if (!socket.connected) return;
    const line = this.lineOf(socket);
    this.planNext();
    if (line.waiting.length === 0 && this.mayBegin(line)) begin();
    else if (line.waiting.length < MAX_WAITING) this.queue(socket, line, begin);
    else socket.conn.close(true);
  }

  private lineOf(socket: ChatSocket): Line {
    const known = this.lines.get(socket);
    if (known) return known;
    const line: Line = { turn: this.turn, begun: 0, waiting: [], end: () => {} };
    this.lines.set(socket, line);
    socket.once('disconnect', (reason) => {
      if (LEFT.has(reason)) for (const begin of line.waiting) begin();
      if (this.waiting.has(socket)) this.finish(socket, line);
    });
    return line;
  }

  private mayBegin(line: Line): boolean {
    if (line.turn !== this.turn) {
      line.turn = this.turn;
      line.begun = 0;
    }
    line.begun += 1;
    return line.begun <= PER_TURN;
  }

  private queue(socket: ChatSocket, line: Line, begin: () => void): void {
    line.waiting.push(begin);
    // Each time: the connection may have changed from polling to a WebSocket meanwhile.
    webSocketOf(socket)?.pause();
    if (this.waiting.has(socket)) return;
    this.waiting.set(socket, line);
    line.end = this.inFlight.begin();
  }

  private planNext(): void {
    if (this.isNextPlanned) return;
    this.isNextPlanned = true;
    setImmediate(() => this.next());
  }

  private next(): void {
    this.turn += 1;
    this.isNextPlanned = false;
    for (const [socket, line] of this.waiting) this.goOn(socket, line);
    if (this.waiting.size > 0) this.planNext();
  }

  private goOn(socket: ChatSocket, line: Line): void {
    line.turn = this.turn;
    const now = line.waiting.splice(0, PER_TURN);
    line.begun = now.length;
    for (const begin of now) begin();
    if (line.waiting.length === 0) this.finish(socket, line);
  }

  private finish(socket: ChatSocket, line: Line): void {
    line.waiting = [];
    this.waiting.delete(socket);
    line.end();
    webSocketOf(socket)?.resume();
  }
}

/** What carries the connection and can stop reading; polling can't. */
function webSocketOf({ conn: { transport } }: ChatSocket): { pause(): void; resume(): void } | undefined {
  return transport.name === 'websocket' ? Reflect.get(transport, 'socket') : undefined;
}
