import type { ChatError } from '../domain/errors';
import type { Logger } from '../utils/logger';
import type { ChatSocket } from './chatServer';

/** What is written of sockets: who comes and goes, and what fails. Nothing of what a client sends, as that may be secret. */
export class SocketLog {
  constructor(private readonly logger: Logger) {}

  connected(socket: ChatSocket): void {
    const { recovered } = socket;
    this.logger.info({ ...who(socket), ...(recovered && { recovered }) }, 'a socket connected');
  }

  disconnected(socket: ChatSocket, reason: string): void {
    this.logger.info({ ...who(socket), reason }, 'a socket disconnected');
  }

  handshakeRefused({ id: socketId }: ChatSocket, error: ChatError): void {
    const { code, cause } = error;
    if (code === 'INTERNAL') this.logger.error({ socketId, code, err: cause }, 'a handshake failed');
    else this.logger.info({ socketId, code }, 'a socket was refused');
  }

  /** `event` is one that the server knows, or undefined. Refusals are as frequent as clients like, so they are for debugging. */
  eventFailed(socket: ChatSocket, event: string | undefined, error: ChatError): void {
    const { code, cause } = error;
    if (code === 'INTERNAL') {
      this.logger.error({ ...who(socket), event, code, err: cause }, 'an event failed');
    } else if (this.logger.isLevelEnabled('debug')) {
      this.logger.debug({ ...who(socket), event, code }, 'an event was refused');
    }
  }

  originRefused(origin: string | undefined): void {
    this.logger.info(
      { origin: origin?.slice(0, MAX_ORIGIN) },
      'an origin that is not in CORS_ORIGIN was refused',
    );
  }
}

const MAX_ORIGIN = 200;

function who({ id, data }: ChatSocket): { socketId: string; userId: string; loginId: string } {
  const { userId, loginId } = data.identity;
  return { socketId: id, userId, loginId };
}
