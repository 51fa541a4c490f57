import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { type DisconnectReason, Server } from 'socket.io';
import { LOGIN_TIMEOUT_MS, MAX_FRAME_BYTES } from '../domain/limits';
import type { AuthService } from '../services/authService';
import { waitAtMost } from '../utils/clock';
import { type Connections, isWebSocketRequest } from '../utils/httpListener';
import { corsOrigin, isAllowedOrigin, type OriginRules } from '../utils/httpRequest';
import type { RateLimiter } from '../utils/rateLimiter';
import { type DispatcherDependencies, dispatchEvents } from './dispatcher';
import { type DeviceOf, forgetHandshake, requireLogin } from './handshake';
import type { LoginMonitor } from './loginMonitor';
import { SocketThrottle } from './socketThrottle';
import type { ChatServer, ChatSocket } from './transport';

/** How long a stop waits for clients to receive what was written to them, in milliseconds. */
const FLUSH_TIMEOUT_MS = 1_000;

/** Which connections are accepted. */
export interface ConnectionRules {
  addressOf: (request: IncomingMessage) => string;
  connectRate: RateLimiter;
  /** Called with the origin of each page that was refused. */
  onForeignOrigin: (origin: string | undefined) => void;
  origins: OriginRules;
  loginTimeoutMs?: number;
}

/**
 * Creates the Socket.IO server. Call `acceptSockets` and attach it to a listener before it can serve clients.
 *
 * Connection-state recovery stays off. It remembers events per process and only for a while; `join-session {after}` resumes from the
 * database after any interruption.
 */
export function createSocketServer(rules: ConnectionRules): ChatServer {
  return new Server({
    cors: { origin: corsOrigin(rules.origins) },
    connectTimeout: rules.loginTimeoutMs ?? LOGIN_TIMEOUT_MS,
    maxHttpBufferSize: MAX_FRAME_BYTES,
    allowRequest: (request, decide) => {
      const problem = connectionProblem(request, rules);
      decide(problem, problem === null);
    },
  });
}

/**
 * Whether a request opens a WebSocket of Socket.IO. It must not accept anything that Engine.IO ignores, or confirms before it rejects it:
 * other paths and methods, transports that are no WebSocket, and versions of its protocol other than 4.
 */
export function opensWebSocket(io: ChatServer, request: IncomingMessage): boolean {
  const { method, url = '' } = request;
  if (method !== 'GET' || !url.startsWith(`${io.path()}/`) || !isWebSocketRequest(request)) return false;
  // Like Engine.IO: the last of several values counts.
  const query = Object.fromEntries(new URL(url, 'http://localhost').searchParams);
  return query.transport === 'websocket' && query.EIO === '4';
}

/** Returns why the connection is refused, or null. */
function connectionProblem(request: IncomingMessage, rules: ConnectionRules): string | null {
  const { origin, host } = request.headers;
  if (!isAllowedOrigin(rules.origins, origin, host)) {
    rules.onForeignOrigin(origin);
    return 'This origin is not in CORS_ORIGIN.';
  }
  try {
    rules.connectRate.take(rules.addressOf(request));
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : 'Too many connections.';
  }
}

/** Admits sockets with a live login and handles the events that they send. What needs the request of a socket must listen before. */
export function acceptSockets(
  io: ChatServer,
  auth: AuthService,
  monitor: LoginMonitor,
  dependencies: Omit<DispatcherDependencies, 'throttle'> & { deviceOf: DeviceOf },
): void {
  const { log, meter, inFlight, fleet } = dependencies;
  const throttle = new SocketThrottle(inFlight);
  const parts = { ...dependencies, throttle };
  requireLogin(io, auth, dependencies.deviceOf, fleet, log, meter);
  io.on('connection', (socket) => {
    dispatchEvents(socket, parts);
    log.connected(socket);
    meter.connected();
    socket.on('disconnect', onDisconnect);
    monitor.watch(socket);
    forgetHandshake(socket);
  });

  /** One function for all sockets, as one for each would take memory while it is idle. */
  function onDisconnect(this: ChatSocket, reason: DisconnectReason): void {
    // A connection without a socket can't get another one, and a logout would not find it.
    if (reason === 'client namespace disconnect') this.conn.close();
    throttle.disconnected(this, reason);
    log.disconnected(this, reason);
    meter.disconnected(reason);
  }
}

/** Closes all connections. Clients see a lost transport, so they reconnect and resume. */
export function closeConnections(io: ChatServer): void {
  for (const { conn } of io.sockets.sockets.values()) conn.close();
}

/**
 * Closes the listener and all connections, after what was written to them has been sent. Clients see a lost transport instead of a
 * disconnect by the server, so they reconnect by themselves, to the next server. Connections that don't close in time are destroyed.
 */
export async function closeSockets(io: ChatServer, connections: Connections): Promise<void> {
  const closing = Array.from(io.sockets.sockets.values(), ({ conn }) => {
    const closed = once(conn, 'close');
    conn.close();
    return closed;
  });
  await waitAtMost(FLUSH_TIMEOUT_MS, Promise.all(closing));
  const closed = io.close();
  connections.destroy();
  await closed;
}
