import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/**
 * How long a listener keeps an idle connection open, in milliseconds: longer than the proxies of docs/deployment.md keep one in their
 * pools (nginx 60 s, Caddy 120 s). Otherwise a proxy could send a request over a connection that the server is closing, and its client
 * would get a 502. Node's limits on receiving a request, `headersTimeout` and `requestTimeout`, don't run while a connection is idle.
 */
export const KEEP_ALIVE_MS = 125_000;

/** All connections of a listener, including WebSockets, which Node's `closeAllConnections` leaves open. */
export class Connections {
  private readonly open = new Set<Socket>();
  private isClosing = false;

  constructor(listener: Server) {
    const { open } = this;
    // The same function for all: one for each would take memory for as long as it is open.
    function onClose(this: Socket): void {
      open.delete(this);
    }
    listener.on('connection', (connection) => {
      // `declineUpgrades` emits the event again for the same connection.
      if (this.open.has(connection)) return;
      this.open.add(connection);
      connection.on('close', onClose);
      if (this.isClosing) connection.destroy();
    });
  }

  /** Destroys current and future connections, so that no client can delay a stop. */
  destroy(): void {
    this.isClosing = true;
    for (const connection of this.open) connection.destroy();
  }
}

/**
 * Passes upgrade requests that `isAccepted` to the `upgrade` listeners that the server has now, and serves all others as plain HTTP
 * (https://www.rfc-editor.org/rfc/rfc9110#section-7.8): `curl --http2` and Java's HttpClient offer `h2c` with every request. Once
 * there is an `upgrade` listener, Node hands over the connection of each such request instead of serving it, and no longer limits
 * how long it stays open. So one check decides for all of them, and each request is answered.
 */
export function declineUpgrades(listener: Server, isAccepted: (request: IncomingMessage) => boolean): void {
  const accept = listener.listeners('upgrade');
  listener.removeAllListeners('upgrade');
  listener.on('upgrade', (request: IncomingMessage, connection: Duplex, rest: Buffer) => {
    // The response could overtake the one in flight.
    if (hasResponseInFlight(connection)) return void connection.destroy();
    if (isAccepted(request)) {
      for (const takeOver of accept) takeOver.call(listener, request, connection, rest);
      return;
    }
    // Node leaves its listener on the connection and adds another one.
    connection.removeAllListeners('timeout');
    connection.unshift(Buffer.concat([headWithoutUpgrade(request), rest]));
    listener.emit('connection', connection);
  });
}

/** Whether the client asks for a WebSocket and for nothing else. */
export function isWebSocketRequest({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket';
}

/** Node stores the response in flight on its connection. */
function hasResponseInFlight(connection: Duplex): boolean {
  return Boolean(Reflect.get(connection, '_httpMessage'));
}

/** Without a WebSocket its client has no use for the connection, while others send their next request over it. */
function headWithoutUpgrade(request: IncomingMessage): Buffer {
  const { method, url, httpVersion, rawHeaders } = request;
  const isWebSocket = isWebSocketRequest(request);
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    const isLeftOut = /^upgrade$/i.test(name) || (isWebSocket && /^connection$/i.test(name));
    if (!isLeftOut) lines.push(`${name}: ${rawHeaders[index + 1] ?? ''}`);
  }
  if (isWebSocket) lines.push('Connection: close');
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}
