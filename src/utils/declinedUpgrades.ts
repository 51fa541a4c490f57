import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * Answers requests that offer to go on with another protocol (those of `curl --http2` and of Java's HttpClient offer `h2c`) as if
 * they didn't, unless the path is that of who accepts: https://www.rfc-editor.org/rfc/rfc9110#section-7.8. By itself Node hands
 * over the bare connection of each such request as soon as anybody accepts some.
 */
export function declineUpgrades(listener: Server, acceptedPath: string): void {
  listener.on('upgrade', (request: IncomingMessage, connection: Duplex, rest: Buffer) => {
    if (request.url?.startsWith(acceptedPath)) return;
    // Its answer could overtake the one before.
    if (isAnswering(connection)) return void connection.destroy();
    // Node leaves it on the connection, and adds it once more.
    connection.removeAllListeners('timeout');
    connection.unshift(Buffer.concat([headWithoutOffer(request), rest]));
    listener.emit('connection', connection);
  });
}

/** Node keeps the answer that is being written on the connection. */
function isAnswering(connection: Duplex): boolean {
  return Boolean(Reflect.get(connection, '_httpMessage'));
}

function headWithoutOffer({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.toLowerCase() !== 'upgrade') lines.push(`${name}: ${rawHeaders[index + 1] ?? ''}`);
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}
