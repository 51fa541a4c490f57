import { WebSocket } from 'ws';
import { Changes } from '../../testkit/waiting';
import { patiently } from './patience';
import type { Words } from './words';

export type Upgrade = { status: 101; socket: RawSocket } | { status: number; text: string };

/** A WebSocket to Socket.IO without its client: frames of any kind, and all that come back. */
export class RawSocket {
  readonly frames: string[] = [];
  isClosed = false;
  private readonly changes = new Changes();

  constructor(private readonly connection: WebSocket) {
    connection.on('error', () => {});
    connection.on('close', () => {
      this.isClosed = true;
      this.changes.notify();
    });
    connection.on('message', (data) => {
      const frame = String(data);
      if (frame === '2') this.send('3');
      else this.frames.push(frame);
      this.changes.notify();
    });
  }

  send(frame: string | Uint8Array): void {
    if (this.connection.readyState === WebSocket.OPEN) this.connection.send(frame);
  }

  /** Takes out all frames that have come up to the first that matches, or until the connection has ended. */
  async takeUntil(pattern: RegExp, what: string): Promise<string[]> {
    await patiently(
      this.changes.until(() => this.isClosed || this.frames.some((frame) => pattern.test(frame))),
      what,
    );
    const index = this.frames.findIndex((frame) => pattern.test(frame));
    return this.frames.splice(0, index < 0 ? this.frames.length : index + 1);
  }

  async closed(what: string): Promise<string[]> {
    await patiently(
      this.changes.until(() => this.isClosed),
      what,
    );
    return this.frames.splice(0);
  }

  cut(): void {
    this.connection.terminate();
  }
}

/** Asks for a WebSocket and returns it, or what the server answered instead. */
export function upgrade(url: string, query: string, headers: Words): Promise<Upgrade> {
  const address = `${url.replace('http', 'ws')}/socket.io/?${query}`;
  const connection = new WebSocket(address, { headers });
  const socket = new RawSocket(connection);
  const answered = new Promise<Upgrade>((resolve, reject) => {
    connection.once('open', () => resolve({ status: 101, socket }));
    connection.once('unexpected-response', (request, response) => {
      const parts: string[] = [];
      response.on('data', (part) => parts.push(String(part)));
      response.once('end', () => resolve({ status: response.statusCode ?? 0, text: parts.join('') }));
      response.once('close', () => request.destroy());
    });
    connection.once('error', reject);
  });
  return patiently(answered, `the upgrade with ${query}`);
}

/** A connection whose socket is logged in. */
export async function logIn(url: string, token: string): Promise<RawSocket> {
  const upgraded = await upgrade(url, 'EIO=4&transport=websocket', {});
  if (!('socket' in upgraded)) throw new Error(`no WebSocket: ${upgraded.status}`);
  const { socket } = upgraded;
  socket.send(`40${JSON.stringify({ token })}`);
  const frames = await socket.takeUntil(/^4[04]/, 'the login of a socket');
  if (!frames.at(-1)?.startsWith('40{')) throw new Error(`no login: ${frames.join(' ')}`);
  return socket;
}
