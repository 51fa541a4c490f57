import type { ChatError, ErrorCode } from '../domain/errors';
import type { Logger } from '../utils/logger';
import type { ChatSocket } from './transport';

/** Logs connects, disconnects and failures of sockets. It never logs payloads, as they may be secret. */
export class SocketLog {
  constructor(private readonly logger: Logger) {}

  connected(socket: ChatSocket): void {
    this.logger.info(idsOf(socket), 'socket connected');
  }

  disconnected(socket: ChatSocket, reason: string): void {
    this.logger.info({ ...idsOf(socket), reason }, 'socket disconnected');
  }

  handshakeRefused({ id: socketId }: ChatSocket, error: ChatError): void {
    const { code, cause } = error;
    if (code === 'INTERNAL') this.logger.error({ socketId, code, err: cause }, 'handshake failed');
    else this.logger.info({ socketId, code }, 'handshake refused');
  }

  /** `event` is undefined if the server doesn't know it. Refusals are logged at level debug, as clients can cause any number. */
  eventFailed(socket: ChatSocket, event: string | undefined, error: ChatError): void {
    const { code, cause } = error;
    if (code === 'INTERNAL') {
      this.logger.error({ ...idsOf(socket), event, code, err: cause }, 'event failed');
    } else if (this.logger.isLevelEnabled('debug')) {
      this.logger.debug({ ...idsOf(socket), event, code }, 'event refused');
    }
  }
}

function idsOf({ id, data }: ChatSocket): { socketId: string; userId: string; loginId: string } {
  const { userId, loginId } = data.identity;
  return { socketId: id, userId, loginId };
}

/** Records events of sockets for metrics. Its methods are synchronous and must not throw. */
export interface SocketMeter {
  connected(): void;
  disconnected(reason: string): void;
  /** A handshake or an event of a client was refused. */
  refused(via: 'handshake' | 'event', code: ErrorCode): void;
}
