import type { ExtendedError } from 'socket.io';
import { ChatError, toChatError } from '../domain/errors';
import type { ConnectErrorData } from '../domain/events';
import type { Identity } from '../domain/login';
import type { AuthService } from '../services/authService';
import { bearerToken } from '../utils/httpRequest';
import type { ChatServer, ChatSocket } from './chatServer';
import { loginRoom, userRoom } from './rooms';
import type { SocketLog } from './socketLog';
import type { SocketMeter } from './socketMeter';

type Refusal = ExtendedError & { data: ConnectErrorData };

/**
 * Lets only sockets in that carry the token of a live login, one to a connection. A refused one gets `connect_error` with
 * `data.code`, and its connection is closed. While nobody can tell, the connection is closed without a word. The check holds
 * for recovered sockets too.
 */
export function requireLogin(io: ChatServer, auth: AuthService, log: SocketLog, meter: SocketMeter): void {
  const connectionsInUse = new WeakSet<object>();
  io.use((socket, next) => {
    const isFirst = !connectionsInUse.has(socket.conn);
    connectionsInUse.add(socket.conn);
    const check = isFirst
      ? identify(socket, auth)
      : Promise.reject(new ChatError('CONFLICT', { detail: ONE_SOCKET }));
    check.then(
      async (identity) => {
        socket.data.identity = identity;
        await socket.join([userRoom(identity.userId), loginRoom(identity.loginId)]);
        next();
      },
      (thrown: unknown) => {
        const error = toChatError(thrown);
        log.handshakeRefused(socket, error);
        meter.refused('handshake', error.code);
        // A client that is refused gives up; one that only loses its connection tries again until the database is back.
        const isAway = error.code === 'UNAVAILABLE';
        if (isAway) socket.conn.close();
        // After a close this writes nothing, and takes a socket that was recovered out of its rooms.
        next(refusalOf(error));
        // Socket.IO writes a refusal on the next tick; closing waits for what is written.
        if (!isAway) setImmediate(() => socket.conn.close());
      },
    );
  });
}

const ONE_SOCKET = 'One connection carries one socket. Open another connection for another one.';
const OTHER_LOGIN = 'The connection to recover belonged to another login. Connect anew.';

async function identify(socket: ChatSocket, auth: AuthService): Promise<Identity> {
  const identity = await auth.authenticate(tokenOf(socket));
  const recovered: Partial<ChatSocket['data']> = socket.recovered ? socket.data : {};
  if (recovered.identity && recovered.identity.loginId !== identity.loginId) {
    throw new ChatError('UNAUTHENTICATED', { detail: OTHER_LOGIN });
  }
  return identity;
}

function tokenOf(socket: ChatSocket): string {
  const { auth, headers } = socket.handshake;
  const token: unknown = auth.token ?? bearerToken(headers.authorization);
  if (typeof token !== 'string') {
    throw new ChatError('UNAUTHENTICATED', { detail: 'Connect with io(url, { auth: { token } }).' });
  }
  return token;
}

function refusalOf({ code, message, retryAfterMs }: ChatError): Refusal {
  const data = { code, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  return Object.assign(new Error(message), { data });
}
