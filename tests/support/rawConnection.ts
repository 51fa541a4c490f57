import { once } from 'node:events';
import { WebSocket } from 'ws';
import { Changes } from '../../testkit/waiting';
import { holdFrame } from './documents/events';
import type { TestServer } from './testServer';

const openConnections = new Set<WebSocket>();

afterEach(() => {
  for (const connection of openConnections) connection.terminate();
  openConnections.clear();
});

/** A WebSocket to Socket.IO without its client, so that a test can send frames that no client sends. */
export class RawConnection {
  readonly frames: string[] = [];
  /** Resolves when the connection has ended. */
  readonly closed: Promise<unknown>;
  private readonly changes = new Changes();

  constructor(private readonly connection: WebSocket) {
    openConnections.add(connection);
    this.closed = once(connection, 'close');
    // A connection that the server resets is also closed.
    connection.on('error', () => {});
    connection.on('message', (data) => this.take(String(data)));
  }

  send(...frames: (string | Buffer)[]): void {
    for (const frame of frames) this.connection.send(frame);
  }

  /** Resolves with the first frame that begins so, already received or not. Rejects if the connection ends without one. */
  async frame(start: string): Promise<string> {
    const find = () => this.frames.find((frame) => frame.startsWith(start));
    await Promise.race([this.changes.until(() => find() !== undefined), this.closed.catch(() => {})]);
    const found = find();
    if (found === undefined) throw new Error(`The connection has ended without a frame ${start}…`);
    return found;
  }

  /** Stops reading from the network. */
  pause(): void {
    this.connection.pause();
  }

  resume(): void {
    this.connection.resume();
  }

  /** Closes the connection after everything was sent. */
  close(): void {
    this.connection.close();
  }

  cut(): void {
    this.connection.terminate();
  }

  private take(frame: string): void {
    holdFrame(frame);
    if (frame === '2') this.send('3');
    else this.frames.push(frame);
    this.changes.notify();
  }
}

/** Opens a connection without a login. */
export async function openRaw(
  { url }: Pick<TestServer, 'url'>,
  headers: Record<string, string> = {},
): Promise<RawConnection> {
  const address = `${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`;
  const raw = new RawConnection(new WebSocket(address, { headers }));
  await raw.frame('0{');
  return raw;
}

/** The frame that asks for a socket. */
export function connectFrame(auth: object): string {
  return `40${JSON.stringify(auth)}`;
}

/** Opens a connection with a socket of this login. */
export async function connectRaw(server: Pick<TestServer, 'url'>, token: string): Promise<RawConnection> {
  const raw = await openRaw(server);
  raw.send(connectFrame({ token }));
  await raw.frame('40{');
  return raw;
}
