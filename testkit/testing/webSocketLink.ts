import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { FrameReader, type PacketReader, textFrame, UPGRADED } from './packets';
import { OrderedPipe, type TrafficRules } from './traffic';

/** One WebSocket connection through the relay. Frames pass unchanged, as the rules say. */
export class WebSocketLink {
  /** Whether a connection that began with long-polling has moved here. */
  isUpgraded = false;
  private readonly toClient: OrderedPipe;
  private readonly toServer: OrderedPipe;
  private readonly clientFrames = new FrameReader();
  private readonly serverFrames = new FrameReader();
  /** The head of the server's response to the handshake, until it is complete; then null. */
  private handshake: Buffer | null = Buffer.alloc(0);

  constructor(
    private readonly client: Duplex,
    private readonly server: Socket,
    private readonly reader: PacketReader,
    private readonly rules: TrafficRules,
  ) {
    const hold = () => rules.hold(reader.userId);
    this.toClient = new OrderedPipe(hold);
    this.toServer = new OrderedPipe(hold);
    client.on('data', (data) => this.readFromClient(data));
    server.on('data', (data) => this.readFromServer(data));
    server.on('error', () => {});
    // Node.js keeps the client's side of an upgraded connection half open.
    for (const event of ['end', 'close']) {
      client.once(event, () => server.destroy());
      server.once(event, () => this.toClient.push(() => client.end(() => client.destroy())));
    }
  }

  readFromClient(data: Buffer): void {
    for (const { raw, text } of this.clientFrames.read(data)) {
      if (text !== null) this.reader.readFromClient(text);
      if (text === UPGRADED) this.isUpgraded = true;
      if (!this.rules.admit(this.client, this.reader.userId)) return;
      this.toServer.push(() => this.server.write(raw));
    }
  }

  /** Sends a packet of the server to the client. */
  send(packet: string): void {
    this.toClient.push(() => this.write(textFrame(packet)));
  }

  private readFromServer(data: Buffer): void {
    if (this.handshake) this.readHandshake(Buffer.concat([this.handshake, data]));
    else this.readFrames(data);
  }

  private readFrames(data: Buffer): void {
    for (const { raw, text } of this.serverFrames.read(data)) {
      const delivery = text === null ? null : this.reader.readFromServer(text);
      const treatment = this.rules.treat(delivery, this.reader.userId);
      const pass = () => this.toClient.push(() => this.write(raw));
      if (treatment === 'cut') return void this.client.destroy();
      if (treatment === 'twice') pass();
      if (typeof treatment === 'object') void treatment.then(pass);
      else pass();
    }
  }

  private readHandshake(head: Buffer): void {
    const end = head.indexOf('\r\n\r\n');
    this.handshake = end < 0 ? head : null;
    if (end < 0) return;
    this.toClient.push(() => this.write(head.subarray(0, end + 4)));
    this.readFromServer(head.subarray(end + 4));
  }

  private write(data: Buffer): void {
    if (this.client.writable) this.client.write(data);
  }
}
