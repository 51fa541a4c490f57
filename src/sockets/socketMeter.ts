import type { ErrorCode } from '../domain/errors';

/** Records events of sockets for metrics. Its methods are synchronous and must not throw. */
export interface SocketMeter {
  connected(): void;
  disconnected(reason: string): void;
  /** A handshake or an event of a client was refused. */
  refused(via: 'handshake' | 'event', code: ErrorCode): void;
}
