import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { createApp } from './app';
import { databasePlace } from './config/database';
import type { Config } from './config/readConfig';
import { createSingleNode } from './fleet/fleet';
import { NodeFleet } from './fleet/nodeFleet';
import { noMeter, type ServerMeter } from './metrics/serverMeter';
import { logRequest } from './middleware/requests';
import { loadResponder } from './responders/load';
import type { Responder } from './responders/responder';
import type { ChatHooks } from './services/hooks';
import { Passwords } from './services/passwords';
import { createServices } from './services/services';
import { createDevices } from './sockets/devices';
import { DraftStream } from './sockets/draftStream';
import { createHandlers } from './sockets/handlers';
import { LoginMonitor } from './sockets/loginMonitor';
import {
  acceptSockets,
  closeConnections,
  closeSockets,
  createSocketServer,
  opensWebSocket,
} from './sockets/server';
import { SocketLog } from './sockets/socketReports';
import { controlWrites, prefixConnectionIds } from './sockets/transport';
import type { ChatStore } from './stores/chatStore';
import { instrumentedStore } from './stores/instrumented';
import { openStore } from './stores/open';
import { type Clock, waitAtMost } from './utils/clock';
import { Connections, declineUpgrades, KEEP_ALIVE_MS } from './utils/httpListener';
import {
  addressKey,
  clientAddress,
  plainAddress,
  RefusedOriginLog,
  trustedProxies,
  userAgentIn,
} from './utils/httpRequest';
import { InFlight } from './utils/inFlight';
import type { Logger } from './utils/logger';
import { PageMissingError, readPageFiles } from './utils/pageFiles';
import { createRates } from './utils/rateLimiter';

/**
 * How long each step of a stop waits, in milliseconds: less than 10 s in all, with one more
 * second for closing sockets. The server responds to a complete request within 3 s, even if the database hangs; only requests that
 * their clients don't complete take longer.
 */
const DRAIN_MS = 4_000;
const REPLIES_MS = 2_000;
const STORE_MS = 2_000;
const FLEET_MS = 500;
/** When streamed replies are aborted, in milliseconds after the stop began, and how much later they must be stored or released. */
const STREAMS_ABORT_MS = 6_500;
const STREAMS_END_MS = 1_000;
/** When the store must be closed, in milliseconds after the stop began. */
const CLOSED_MS = 9_500;

/** How often expired logins are deleted. Not at the start: if the clock is wrong then, there is time to correct it. */
const LOGIN_CLEANUP_MS = 3_600_000;

/** The built web files. The path is the same from `src` and from `dist`. */
const PAGE_DIRECTORY = resolve(__dirname, '../dist/web');

/** The paths that are served on an app of others. */
const OWN_PATHS = /^\/(?:api|docs|healthz|readyz)(?:[/?]|$)/;

/** A request handler of Express, Connect and others. */
export type MountedHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;

export interface Application {
  /** Listens and serves. Rejects with the system's error, such as `EADDRINUSE`. */
  start(): Promise<AddressInfo>;
  /** Serves on a listener of others, in place of `start`. */
  serve(): Promise<void>;
  /** Serves the REST API and its documents on an app of others, whose other routes it passes on. */
  readonly handler: MountedHandler;
  /**
   * Accepts nothing new, completes and acknowledges everything in flight, and closes the listener with all its connections, sockets and the
   * database, within 10 s.
   */
  close(): Promise<void>;
}

/** The settings that the application uses. `server.ts` uses the others. */
export type ApplicationConfig = Omit<Config, 'environment' | 'logLevel' | 'metricsPort'>;

export interface ApplicationDependencies {
  logger: Logger;
  /** Records nothing by default. */
  meter?: ServerMeter;
  /** By default the one that the configuration names. */
  responder?: Responder;
  hooks?: ChatHooks | undefined;
  clock?: Clock;
  /** Hashes passwords in threads that applications share, and that the caller closes. By default the application starts its own. */
  passwords?: Passwords;
  /** The listener of an app of others that mounts `handler`. By default the application has its own. */
  listener?: Server;
  /** The folder of the built web files. */
  pageDirectory?: string;
  /** Wraps the store that the application opens, such as to observe or delay its calls. */
  wrapStore?: (store: ChatStore) => ChatStore;
  /** Shorter intervals for tests. */
  waits?: {
    loginTimeoutMs?: number;
    loginCheckMs?: number;
    loginCleanupMs?: number;
    replyRetryMs?: number;
    /** From `close` until streamed replies are aborted. */
    streamsAbortMs?: number;
    keysCooldownMs?: number;
    beatMs?: number;
    listSpreadMs?: number;
    countTimeoutMs?: number;
  };
}

/**
 * Puts the parts together: store and socket server → services → handlers and app. Rejects with `UNAVAILABLE` if the database can't be opened,
 * with `PageMissingError` if the chat page is on and isn't built, and with `ConfigError` if a file of the responder can't be used.
 */
export async function createApplication(
  config: ApplicationConfig,
  parts: ApplicationDependencies,
): Promise<Application> {
  const {
    logger,
    meter = noMeter,
    clock = Date.now,
    waits = {},
    pageDirectory = PAGE_DIRECTORY,
    wrapStore = (store) => store,
  } = parts;
  const responder =
    parts.responder ?? (await loadResponder(config.responder, (status) => meter.replies.responded(status)));
  const pageFiles = await readPageFiles(pageDirectory);
  if (config.webClient && !pageFiles) throw new PageMissingError(pageDirectory);
  // Assigned below: a program such as "user disable" may write before.
  let loginMonitor: LoginMonitor | null = null;
  const store = wrapStore(
    await openInstrumentedStore(config, meter.store, logger, () => void loginMonitor?.checkAll()),
  );
  const inFlight = new InFlight();
  const proxies = trustedProxies(config.trustProxy);
  const rates = createRates(config, (limit) => meter.limitExceeded(limit));
  const socketLog = new SocketLog(logger);
  const refusedOrigins = new RefusedOriginLog(config.corsOrigins, logger);

  const addressOf = (request: IncomingMessage) => addressKey(clientAddress(request, proxies));
  const io = createSocketServer({
    origins: config,
    addressOf,
    connectRate: rates.connections,
    onForeignOrigin(origin) {
      refusedOrigins.report(origin);
      meter.originRejected();
    },
    ...waits,
  });
  const drafts = new DraftStream(io);
  const devices = createDevices(io, drafts);
  const nodes = store.fleet
    ? new NodeFleet(config, {
        store: store.fleet,
        accounts: store,
        isStreaming: responder.kind === 'streaming',
        devices,
        logger,
        ...waits,
      })
    : null;
  const fleet = nodes ?? createSingleNode(devices);
  const {
    replyRetryMs,
    keysCooldownMs,
    streamsAbortMs = STREAMS_ABORT_MS,
    loginCleanupMs = LOGIN_CLEANUP_MS,
  } = waits;
  const passwords = parts.passwords ?? new Passwords(config.bcryptRounds);
  const services = createServices(config, {
    store,
    publisher: fleet.publisher,
    peers: fleet.peers,
    attempts: fleet.attempts,
    responder,
    rates,
    logger,
    clock,
    passwords,
    replyMeter: meter.replies,
    onTokensSpent: () => meter.limitExceeded('tokens'),
    replyRetryMs,
    keysCooldownMs,
    hooks: parts.hooks,
  });
  const { auth, replies } = services;

  const deviceOf = (request: IncomingMessage) => ({
    userAgent: userAgentIn(request.headers),
    ip: plainAddress(clientAddress(request, proxies)),
  });
  const handlers = createHandlers({ ...services, messageRate: rates.messages, fleet, drafts });
  loginMonitor = new LoginMonitor(io, auth, logger, clock, waits.loginCheckMs);
  const socketParts = { handlers, inFlight, fleet, log: socketLog, meter: meter.sockets };
  // Before the sockets are accepted, which forgets their requests.
  io.on('connection', ({ request, data }) => {
    // The connections of a login don't count for its address, up to a limit: clients behind one address don't limit each other.
    if (rates.connectionsOfLogin.tryTake(data.identity.loginId))
      rates.connections.giveBack(addressOf(request));
  });
  acceptSockets(io, auth, loginMonitor, { ...socketParts, deviceOf });

  const app = createApp({
    config,
    services,
    store,
    rates,
    attempts: fleet.attempts,
    proxies,
    inFlight,
    pageFiles,
    onRequestEnd(request) {
      logRequest(logger, request);
      meter.requestCompleted(request);
    },
    onForeignOrigin: (origin) => refusedOrigins.report(origin),
    onAttemptsLimited: () => meter.limitExceeded('attempts'),
  });
  const listener = parts.listener ?? createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, app);
  const connections = new Connections(listener);
  io.attach(listener);
  // A listener of others may have other WebSockets.
  if (!parts.listener) declineUpgrades(listener, (request) => opensWebSocket(io, request));
  if (fleet.connectionPrefix !== null) prefixConnectionIds(io, fleet.connectionPrefix);
  nodes?.connect({
    sweepReplies: () => replies.sweepNow(),
    replyStored: (sessionId) => replies.sessionAdvanced(sessionId),
    checkDrafts: () => replies.checkDrafts(),
    abortReplies: () => replies.abortAll(),
    checkLogins: () => loginMonitor.checkAll(),
    closeConnections: () => closeConnections(io),
  });
  meter.observe({
    connections: () => io.engine.clientsCount,
    sockets: () => io.sockets.sockets.size,
    inFlight: () => inFlight.count,
    nodes: () => fleet.liveNodes(),
    replies: () => replies.runningCount,
    isBusOk: () => fleet.isBusOk(),
    fleet: () => fleet.figures?.() ?? null,
  });
  controlWrites(io, () => meter.slowReaderDropped());

  const clearExpired = () =>
    void auth
      .clearExpiredLogins()
      .catch((error: unknown) => logger.warn({ err: error }, 'deletion of expired logins failed'));
  const loginCleanup = setInterval(clearExpired, loginCleanupMs).unref();

  return {
    handler: (request, response, next) => {
      if (OWN_PATHS.test(request.url ?? '')) app(request, response);
      else next();
    },

    async serve() {
      await fleet.start();
      replies.start();
    },

    async start() {
      await fleet.start();
      return new Promise((resolve, reject) => {
        listener.once('error', reject);
        listener.listen(config.port, config.host, () => {
          listener.off('error', reject);
          replies.start();
          resolve(boundAddress(listener.address()));
        });
      });
    },

    async close() {
      const startedAt = performance.now();
      const until = (milliseconds: number) => Math.max(0, startedAt + milliseconds - performance.now());
      await waitAtMost(DRAIN_MS, inFlight.drain());
      const repliesEnded = replies.stop(until(streamsAbortMs));
      // Streamed replies run on without sockets, so that clients can move to another server meanwhile.
      if (responder.kind !== 'streaming') await waitAtMost(REPLIES_MS, repliesEnded);
      clearInterval(loginCleanup);
      loginMonitor.stop();
      await closeSockets(io, connections);
      if (responder.kind === 'streaming')
        await waitAtMost(until(streamsAbortMs + STREAMS_END_MS), repliesEnded);
      // After the replies: other nodes take over what this one has claimed.
      await waitAtMost(FLEET_MS, fleet.stop());
      rates.stop();
      const ended = [store.close(), ...(parts.passwords ? [] : [passwords.close()])];
      await waitAtMost(Math.min(STORE_MS, until(CLOSED_MS)), Promise.all(ended));
    },
  };
}

async function openInstrumentedStore(
  { database }: ApplicationConfig,
  meter: ServerMeter['store'],
  logger: Logger,
  onForeignWrite: () => void,
): Promise<ChatStore> {
  const store = await openStore(database, {
    onCommit: (writes, seconds) => meter.committed(writes, seconds),
    onFileChange(problem) {
      if (problem === null) logger.info('database file is in place again');
      else logger.error({ problem }, 'database file is not in place');
    },
    onSchemaChange({ from, to, milliseconds }) {
      const change = { from, to, database: databasePlace(database) };
      if (milliseconds === null)
        logger.info(change, 'database migration started; a large database takes a while');
      else logger.info({ ...change, ms: milliseconds }, 'database migration completed');
    },
    onForeignWrite,
  });
  return instrumentedStore(store, meter, logger);
}

function boundAddress(address: AddressInfo | string | null): AddressInfo {
  if (typeof address === 'object' && address) return address;
  throw new Error('the listener is not bound to a TCP port');
}
