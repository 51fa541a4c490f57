import type { IncomingMessage, ServerResponse } from 'node:http';
import { NOOP, PACKET_SEPARATOR, type PacketReader } from './packets';
import { readBody, type TrafficRules } from './traffic';
import type { WebSocketLink } from './webSocketLink';

/** Sends a request on to the server, and calls `onAnswer` with its response. */
export type Forward = (
  request: IncomingMessage,
  onAnswer: (answer: IncomingMessage) => Promise<void>,
) => void;

/**
 * A Socket.IO connection over HTTP long-polling. Packets that were held are sent with the next poll, without waiting for the server,
 * or over the WebSocket to which the connection has moved meanwhile.
 */
export class PollingConnection {
  /** The WebSocket that the client tries to move to. */
  link: WebSocketLink | null = null;
  private readonly pending: string[] = [];
  /** The poll of the client that is not answered yet. */
  private waiting: ServerResponse | null = null;
  private isAsking = false;

  constructor(
    readonly reader: PacketReader,
    /** Of every response. */
    private readonly headers: readonly string[],
    private readonly rules: TrafficRules,
    private readonly forward: Forward,
  ) {}

  readFromClient(body: string): void {
    for (const packet of body.split(PACKET_SEPARATOR)) this.reader.readFromClient(packet);
  }

  poll(request: IncomingMessage, response: ServerResponse): void {
    this.waiting = response;
    response.once('close', () => {
      if (this.waiting === response) this.waiting = null;
    });
    this.flush();
    if (this.waiting && !this.isAsking) this.ask(request);
  }

  /** At most one poll at a time may wait for the server. */
  private ask(request: IncomingMessage): void {
    this.isAsking = true;
    this.forward(request, async (answer) => {
      const body = await readBody(answer);
      await this.rules.hold(this.reader.userId);
      this.isAsking = false;
      if (answer.statusCode !== 200) {
        this.waiting?.writeHead(answer.statusCode ?? 500, [...this.headers]).end(body);
        return;
      }
      for (const packet of body.toString().split(PACKET_SEPARATOR)) this.receive(packet);
      // The client polls again only after a response.
      if (this.pending.length === 0) this.pending.push(NOOP);
      this.flush();
    });
  }

  private receive(packet: string): void {
    const treatment = this.rules.treat(this.reader.readFromServer(packet), this.reader.userId);
    if (treatment === 'cut') return void this.waiting?.destroy();
    if (typeof treatment === 'object') return void treatment.then(() => this.deliver(packet));
    this.pending.push(packet);
    if (treatment === 'twice') this.pending.push(packet);
  }

  private deliver(packet: string): void {
    if (this.link?.isUpgraded) {
      this.link.send(packet);
    } else {
      this.pending.push(packet);
      this.flush();
    }
  }

  private flush(): void {
    if (!this.waiting || this.pending.length === 0) return;
    const response = this.waiting;
    this.waiting = null;
    response.writeHead(200, [...this.headers]).end(this.pending.splice(0).join(PACKET_SEPARATOR));
  }
}
