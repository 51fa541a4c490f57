import type { ErrorCode } from '../domain/errors';

/** Is told of what happens to sockets, for figures. It does its work at once and throws nothing. */
export interface SocketMeter {
  connected(): void;
  disconnected(reason: string): void;
  /** A handshake or an event of a client was refused. */
  refused(via: 'handshake' | 'event', code: ErrorCode): void;
}
