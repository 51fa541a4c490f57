import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** All connections of a listener, including WebSockets, which Node's `closeAllConnections` leaves open. */
export class Connections {
  private readonly open = new Set<Socket>();
  private isClosing = false;

  constructor(listener: Server) {
    listener.on('connection', (connection) => {
      // `declineUpgrades` emits the event again for the same connection.
      if (this.open.has(connection)) return;
      this.open.add(connection);
      connection.once('close', () => this.open.delete(connection));
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
 * Serves requests that offer a protocol upgrade as plain HTTP, unless they are for `acceptedPath`
 * (https://www.rfc-editor.org/rfc/rfc9110#section-7.8): `curl --http2` and Java's HttpClient offer `h2c` with every request. Once
 * there is an `upgrade` listener, Node hands over the connection of each such request instead of serving it.
 */
export function declineUpgrades(listener: Server, acceptedPath: string): void {
  listener.on('upgrade', (request: IncomingMessage, connection: Duplex, rest: Buffer) => {
    if (request.url?.startsWith(acceptedPath)) return;
    // The response could overtake the one in flight.
    if (hasResponseInFlight(connection)) return void connection.destroy();
    // Node leaves its listener on the connection and adds another one.
    connection.removeAllListeners('timeout');
    connection.unshift(Buffer.concat([headWithoutUpgrade(request), rest]));
    listener.emit('connection', connection);
  });
}

/** Node stores the response in flight on its connection. */
function hasResponseInFlight(connection: Duplex): boolean {
  return Boolean(Reflect.get(connection, '_httpMessage'));
}

function headWithoutUpgrade({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.toLowerCase() !== 'upgrade') lines.push(`${name}: ${rawHeaders[index + 1] ?? ''}`);
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}
