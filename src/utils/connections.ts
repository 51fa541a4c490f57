import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** The connections of a listener, those that became WebSockets too: Node's `closeAllConnections` leaves these open. */
export class Connections {
  private readonly open = new Set<Socket>();
  private isClosing = false;

  constructor(listener: Server) {
    listener.on('connection', (connection) => {
      // A connection whose offer of another protocol is declined comes again.
      if (this.open.has(connection)) return;
      this.open.add(connection);
      connection.once('close', () => this.open.delete(connection));
      if (this.isClosing) connection.destroy();
    });
  }

  /** Cuts them all, and those that are still to come: a client that doesn't close its own can't hold up a stop. */
  destroy(): void {
    this.isClosing = true;
    for (const connection of this.open) connection.destroy();
  }
}
