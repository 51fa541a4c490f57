import type { ChatSocket } from './chatServer';

/** Events of one socket that begin in one turn of the event loop: a chunk of what a client has sent holds hundreds. */
const PER_TURN = 16;

/** What one socket has sent and what hasn't begun. */
interface Line {
  turn: number;
  /** Of its events, how many have begun in that turn. */
  begun: number;
  waiting: (() => void)[];
}

/**
 * Lets few events of each socket begin in each turn of the event loop, in the order in which they came, so that whoever sends a
 * lot at once waits for itself and not everybody for it. Meanwhile nothing more is read from its connection.
 */
export class FairTurns {
  private turn = 0;
  private isNextPlanned = false;
  private readonly lines = new WeakMap<ChatSocket, Line>();
  private readonly waiting = new Set<ChatSocket>();

  /** Begins it now or in a later turn; not at all if the server disconnects the socket before, because its login has ended. */
  take(socket: ChatSocket, begin: () => void): void {
    const line = this.lineOf(socket);
    this.planNext();
    if (line.waiting.length === 0 && this.mayBegin(line)) {
      begin();
      return;
    }
    line.waiting.push(begin);
    if (line.waiting.length > 1) return;
    this.waiting.add(socket);
    webSocketOf(socket)?.pause();
  }

  private lineOf(socket: ChatSocket): Line {
    const known = this.lines.get(socket);
    if (known) return known;
    const line: Line = { turn: this.turn, begun: 0, waiting: [] };
    this.lines.set(socket, line);
    socket.once('disconnect', (reason) => {
      if (reason === 'server namespace disconnect') line.waiting = [];
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

  private planNext(): void {
    if (this.isNextPlanned) return;
    this.isNextPlanned = true;
    setImmediate(() => this.next());
  }

  private next(): void {
    this.turn += 1;
    this.isNextPlanned = false;
    for (const socket of this.waiting) this.goOn(socket, this.lineOf(socket));
    if (this.waiting.size > 0) this.planNext();
  }

  private goOn(socket: ChatSocket, line: Line): void {
    line.turn = this.turn;
    const now = line.waiting.splice(0, PER_TURN);
    line.begun = now.length;
    for (const begin of now) begin();
    if (line.waiting.length > 0) return;
    this.waiting.delete(socket);
    webSocketOf(socket)?.resume();
  }
}

/** What carries the connection, and can stop reading; polling can't, and brings one request at a time. */
function webSocketOf({ conn: { transport } }: ChatSocket): { pause(): void; resume(): void } | undefined {
  return transport.name === 'websocket' ? Reflect.get(transport, 'socket') : undefined;
}
