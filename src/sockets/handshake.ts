import type { IncomingMessage } from 'node:http';
import type { ExtendedError } from 'socket.io';
import { ChatError, toChatError } from '../domain/errors';
import type { ConnectErrorData } from '../domain/events';
import type { Identity } from '../domain/user';
import type { Fleet } from '../fleet/fleet';
import type { AuthService, Device } from '../services/authService';
import { bearerToken } from '../utils/httpRequest';
import { loginRoom, userRoom } from './rooms';
import type { SocketLog, SocketMeter } from './socketReports';
import type { ChatServer, ChatSocket } from './transport';

type HandshakeError = ExtendedError & { data: ConnectErrorData };

/** The device that has opened a connection. */
export type DeviceOf = (request: IncomingMessage) => Device;

/**
 * Admits only sockets that carry the token of a live login, one per connection. A refused socket gets `connect_error` with
 * `data.code`, and its connection is closed. If the database is unavailable, the connection is closed without an error, so that
 * the client keeps retrying.
 */
export function requireLogin(
  io: ChatServer,
  auth: AuthService,
  deviceOf: DeviceOf,
  fleet: Pick<Fleet, 'admit'>,
  log: SocketLog,
  meter: SocketMeter,
): void {
  const usedConnections = new WeakSet<object>();
  io.use((socket, next) => {
    const isFirst = !usedConnections.has(socket.conn);
    usedConnections.add(socket.conn);
    const identified = isFirst
      ? identify(socket, auth, deviceOf)
      : Promise.reject(new ChatError('CONFLICT', { detail: ONE_SOCKET }));
    identified.then(
      async (identity) => {
        socket.data.identity = identity;
        if (identity.isExternal) socket.data.device = deviceOf(socket.request);
        // Hints from other nodes must arrive before the client can read anything.
        const release = await fleet.admit(identity.userId);
        if (socket.conn.readyState === 'closed') release?.();
        else if (release) socket.conn.once('close', release);
        await socket.join([userRoom(identity.userId), loginRoom(identity.loginId)]);
        next();
      },
      (thrown: unknown) => {
        const error = toChatError(thrown);
        log.handshakeRefused(socket, error);
        meter.refused('handshake', error.code);
        // A client that gets an error stops connecting; one that loses its connection retries until the database is back.
        if (error.code === 'UNAVAILABLE') return void socket.conn.close();
        next(handshakeError(error));
        // Socket.IO writes the error in the next tick, and closing waits for what is written.
        setImmediate(() => socket.conn.close());
      },
    );
  });
}

const ONE_SOCKET = 'A connection carries one socket. Open another connection for another socket.';

const NOTHING = Object.freeze({});
const NO_HEADERS = Object.freeze([]);

/**
 * Lets go of the request and the token, which would take memory for as long as the socket is connected. Call it when it is: nothing reads
 * them later.
 */
export function forgetHandshake({ handshake, conn }: ChatSocket): void {
  Object.assign(handshake, { auth: NOTHING, headers: NOTHING, query: NOTHING });
  // Engine.IO keeps another reference to the request of a WebSocket.
  Object.assign(conn.request, { headers: NOTHING, rawHeaders: NO_HEADERS });
  // As Socket.IO's documentation recommends, although its types don't allow it.
  Reflect.set(conn, 'request', null);
}

async function identify(socket: ChatSocket, auth: AuthService, deviceOf: DeviceOf): Promise<Identity> {
  return auth.authenticate(tokenOf(socket), () => deviceOf(socket.request));
}

function tokenOf({ handshake: { auth, headers } }: ChatSocket): string {
  const token: unknown = auth.token ?? bearerToken(headers.authorization);
  if (typeof token === 'string') return token;
  throw new ChatError('UNAUTHENTICATED', { detail: 'Connect with io(url, { auth: { token } }).' });
}

function handshakeError({ code, message }: ChatError): HandshakeError {
  return Object.assign(new Error(message), { data: { code } });
}
