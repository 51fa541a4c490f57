import type { ChatSocket } from './chatServer';

/**
 * Writes an event, its name and its arguments, as a packet of Socket.IO. Unlike with `emit`, it gets no offset and isn't kept for
 * recoveries.
 */
export function writeEvent(connection: ChatSocket['conn'], event: unknown): void {
  connection.write(`2${JSON.stringify(event)}`);
}
