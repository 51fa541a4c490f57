import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const TEXT = 0x81;
const PING = '2';
const PONG = '3';

/**
 * A minimal Socket.IO client over WebSocket. The load generator shares the machine with the server, so this client saves CPU: it
 * masks with a key of zeros, which changes nothing, does not decode UTF-8, and sends all responses to one chunk in one write.
 */
export class FrameSocket {
  /** Receives every frame, with one character for each byte. */
  onFrame: (frame: string) => void = () => {};
  private incomplete: Buffer = Buffer.alloc(0);

  private constructor(private readonly connection: Socket) {
    connection.setNoDelay();
    connection.on('data', (chunk: Buffer) => this.read(chunk));
  }

  /** Opens a connection, and logs in if there is a token. Rejects if the server refuses. */
  static async open(url: string, token: string | null): Promise<FrameSocket> {
    const { hostname, port } = new URL(url);
    const connection = connect(Number(port), hostname);
    await once(connection, 'connect');
    connection.write(upgradeRequest(hostname));
    const [head]: Buffer[] = await once(connection, 'data');
    const end = head?.indexOf('\r\n\r\n') ?? -1;
    if (!head || end < 0 || !head.toString('latin1').startsWith('HTTP/1.1 101')) {
      throw new Error(`${url} did not open a WebSocket: ${head?.toString('latin1').split('\r\n', 1)[0]}`);
    }
    const socket = new FrameSocket(connection);
    await socket.logIn(head.subarray(end + 4), token);
    return socket;
  }

  send(text: string): void {
    this.connection.write(frameOf(text));
  }

  /** Disconnects the socket first, as a client does. */
  close(): void {
    this.connection.on('error', () => {});
    this.send('41');
    this.connection.end();
  }

  private logIn(first: Buffer, token: string | null): Promise<void> {
    return new Promise((resolve, reject) => {
      this.connection.once('close', () => reject(new Error('The server closed the connection')));
      this.onFrame = (text) => {
        if (text.startsWith('40')) resolve();
        if (text.startsWith('44')) reject(new Error(`The server refused the socket: ${text}`));
      };
      this.send(`40${token === null ? '' : JSON.stringify({ token })}`);
      this.read(first);
    });
  }

  private read(chunk: Buffer): void {
    const bytes = this.incomplete.length === 0 ? chunk : Buffer.concat([this.incomplete, chunk]);
    let start = 0;
    this.connection.cork();
    for (;;) {
      const header = headerAt(bytes, start);
      if (!header || header.end > bytes.length) break;
      this.receive(bytes.toString('latin1', header.payload, header.end));
      start = header.end;
    }
    this.connection.uncork();
    this.incomplete = bytes.subarray(start);
  }

  private receive(frame: string): void {
    if (frame === PING) this.send(PONG);
    else this.onFrame(frame);
  }
}

/** The bounds of the payload of the frame at `start`; null if its header is incomplete. Servers don't mask. */
function headerAt(bytes: Buffer, start: number): { payload: number; end: number } | null {
  const length = bytes[start + 1];
  if (length === undefined) return null;
  if (length < 126) return { payload: start + 2, end: start + 2 + length };
  if (bytes.length < start + 10)
    return bytes.length < start + 4 || length === 127 ? null : long16(bytes, start);
  if (length === 126) return long16(bytes, start);
  return { payload: start + 10, end: start + 10 + Number(bytes.readBigUInt64BE(start + 2)) };
}

function long16(bytes: Buffer, start: number): { payload: number; end: number } {
  return { payload: start + 4, end: start + 4 + bytes.readUInt16BE(start + 2) };
}

function frameOf(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const long = length > 125;
  const frame = Buffer.alloc((long ? 8 : 6) + length);
  frame[0] = TEXT;
  frame[1] = 0x80 | (long ? 126 : length);
  if (long) frame.writeUInt16BE(length, 2);
  frame.write(text, long ? 8 : 6);
  return frame;
}

function upgradeRequest(host: string): string {
  return [
    'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1',
    `Host: ${host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${Buffer.from('a load generator').toString('base64')}`,
    '\r\n',
  ].join('\r\n');
}
