import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Server } from 'socket.io';
import { LOGIN_TIMEOUT_MS, MAX_FRAME_BYTES } from '../domain/limits';
import type { AuthService } from '../services/authService';
import { waitAtMost } from '../utils/clock';
import type { Connections } from '../utils/httpListener';
import { corsOrigin } from '../utils/httpRequest';
import type { RateLimiter } from '../utils/rateLimiter';
import type { ChatServer, ChatSocket } from './chatServer';
import { type DispatcherDependencies, dispatchEvents } from './dispatcher';
import { FairTurns } from './fairTurns';
import { requireLogin } from './handshake';
import type { LoginMonitor } from './loginMonitor';
import { Recoveries } from './recoveries';

/** How long a lost connection can be recovered with what it missed; after that `join-session {after}` reads it. */
const RECOVERY_MS = 30_000;
/** How long a stop waits for clients to take what is written to them. */
const FLUSH_MS = 1_000;

export interface ConnectionRules {
  isAllowedOrigin: (origin: string | undefined, host: string | undefined) => boolean;
  addressOf: (request: IncomingMessage) => string;
  connectRate: RateLimiter;
  /** Is told of the origin of a page that may not connect. */
  onForeignOrigin: (origin: string | undefined) => void;
  corsOrigins: readonly string[];
  loginTimeoutMs?: number;
}

/** Makes the Socket.IO server; it serves nobody until it is attached to a listener and `acceptSockets` was called. */
export function createSocketServer(rules: ConnectionRules): ChatServer {
  return new Server({
    cors: { origin: corsOrigin(rules.corsOrigins) },
    // What isn't its own is answered by others.
    destroyUpgrade: false,
    connectTimeout: rules.loginTimeoutMs ?? LOGIN_TIMEOUT_MS,
    maxHttpBufferSize: MAX_FRAME_BYTES,
    connectionStateRecovery: { maxDisconnectionDuration: RECOVERY_MS, skipMiddlewares: false },
    allowRequest: (request, decide) => {
      const problem = problemOf(request, rules);
      decide(problem, problem === null);
    },
  });
}

/** Lets sockets of live logins in and handles what they send. */
export function acceptSockets(
  io: ChatServer,
  auth: AuthService,
  watch: LoginMonitor,
  dependencies: DispatcherDependencies,
): void {
  const { log, meter } = dependencies;
  const recoveries = new Recoveries(io);
  const turns = new FairTurns(dependencies.inFlight);
  io.use((socket, next) => {
    recoveries.watch(socket);
    next();
  });
  requireLogin(io, auth, log, meter);
  io.on('connection', (socket) => {
    recoveries.replay(socket);
    dispatchEvents(socket, turns, dependencies);
    closeWithSocket(socket);
    log.connected(socket);
    meter.connected();
    socket.once('disconnect', (reason) => {
      log.disconnected(socket, reason);
      meter.disconnected(reason);
    });
    watch.welcome(socket);
  });
}

/** A connection whose socket the client has given up can't get another one, and nobody's logout would find it. */
function closeWithSocket(socket: ChatSocket): void {
  socket.once('disconnect', (reason) => {
    if (reason === 'client namespace disconnect') socket.conn.close();
  });
}

function problemOf(request: IncomingMessage, rules: ConnectionRules): string | null {
  const { origin, host } = request.headers;
  if (!rules.isAllowedOrigin(origin, host)) {
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

/**
 * Closes all connections once what is written to them has left, and the listener. Clients see a lost transport, not a
 * disconnect by the server, so they connect again by themselves: to the next server. Connections that don't close are cut.
 */
export async function closeSockets(io: ChatServer, connections: Connections): Promise<void> {
  const closing = Array.from(io.sockets.sockets.values(), ({ conn }) => {
    const closed = once(conn, 'close');
    conn.close();
    return closed;
  });
  await waitAtMost(FLUSH_MS, Promise.all(closing));
  const closed = io.close();
  connections.destroy();
  await closed;
}
