import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createApp } from './app';
import type { Config } from './config';
import { createAccountController } from './controllers/accountController';
import { createAuthController } from './controllers/authController';
import { createHealthController } from './controllers/healthController';
import { createMessageController } from './controllers/messageController';
import { createSessionController } from './controllers/sessionController';
import { requireLogin } from './middleware/authentication';
import { refuseWhileDraining } from './middleware/draining';
import { limitAuthAttempts, limitMessages } from './middleware/rateLimits';
import { echo } from './responders/echo';
import type { Responder } from './responders/responder';
import { createAccountRoutes } from './routes/accountRoutes';
import { createAuthRoutes } from './routes/authRoutes';
import { createSessionRoutes } from './routes/sessionRoutes';
import { AccountService } from './services/accountService';
import { AuthService } from './services/authService';
import { MessageService } from './services/messageService';
import { Passwords } from './services/passwords';
import { ReplyService } from './services/replyService';
import { SessionService } from './services/sessionService';
import { Tokens } from './services/tokens';
import { createHandlers } from './sockets/handlers';
import { LoginWatch } from './sockets/loginWatch';
import { createSocketPublisher } from './sockets/publisher';
import { acceptSockets, closeSockets, createSocketServer } from './sockets/socketServer';
import { openStore } from './stores/openStore';
import { clientAddress, trustedProxies } from './utils/clientAddress';
import type { Clock } from './utils/clock';
import { within } from './utils/deadline';
import type { Logger } from './utils/logger';
import { isAllowedOrigin } from './utils/origins';
import { RateLimiter } from './utils/rateLimiter';
import { WorkUnderWay } from './utils/workUnderWay';

/** A stop that takes longer than this loses what is still under way, in milliseconds: sockets and the store need the rest of 10 s. */
const DRAIN_MS = 5_000;

/** How often expired logins are forgotten. */
const CLEARING_MS = 3_600_000;

export interface Application {
  /** Listens and serves. Rejects with the system's error, such as `EADDRINUSE`. */
  start(): Promise<AddressInfo>;
  /** Takes nothing new, finishes and acknowledges what is under way, closes sockets and database: within 10 s. */
  close(): Promise<void>;
}

/** The configuration that the application itself uses, whoever has read it. */
export type ApplicationConfig = Omit<Config, 'environment' | 'logLevel' | 'metricsPort'>;

export interface Parts {
  logger: Logger;
  responder?: Responder;
  clock?: Clock;
}

/** Puts the parts together: store → services → app and sockets. Rejects with `UNAVAILABLE` if the database can't be opened. */
export async function createApplication(config: ApplicationConfig, parts: Parts): Promise<Application> {
  const { logger, responder = echo, clock = Date.now } = parts;
  const store = await openStore(config.database);
  const workUnderWay = new WorkUnderWay();
  const proxies = trustedProxies(config.trustProxy);
  const connectRate = new RateLimiter(
    config.connectRatePerMinute / 60,
    config.connectRatePerMinute,
    'connections',
  );
  const messageRate = new RateLimiter(config.messageRatePerSecond, config.messageRatePerSecond, 'messages');

  const io = createSocketServer({
    corsOrigins: config.corsOrigins,
    isAllowedOrigin: (origin, host) => isAllowedOrigin(config.corsOrigins, origin, host),
    addressOf: (request) => clientAddress(request, proxies),
    connectRate,
  });
  const publisher = createSocketPublisher(io);

  const tokens = new Tokens(config, clock);
  const passwords = new Passwords(config.bcryptRounds);
  const auth = new AuthService({ ...config, store, tokens, passwords, publisher, clock });
  const account = new AccountService({ store, auth, passwords, publisher, clock });
  const sessions = new SessionService(store, publisher, messageRate, clock);
  const replies = new ReplyService({ store, publisher, responder, logger, clock });
  const messages = new MessageService({ store, publisher, responder, replies, logger, clock });

  const loginRequired = requireLogin(auth);
  const limitAttempts = limitAuthAttempts(config.authRatePerMinute);
  const app = createApp({
    ...config,
    proxies,
    logger,
    health: createHealthController(store, workUnderWay),
    refuseWhileDraining: refuseWhileDraining(workUnderWay),
    authRoutes: createAuthRoutes({
      controller: createAuthController(auth),
      requireLogin: loginRequired,
      limitAttempts,
    }),
    accountRoutes: createAccountRoutes({
      controller: createAccountController(account, auth),
      requireLogin: loginRequired,
      limitAttempts,
    }),
    sessionRoutes: createSessionRoutes({
      sessions: createSessionController(sessions),
      messages: createMessageController(messages),
      requireLogin: loginRequired,
      limitMessages: limitMessages(messageRate),
    }),
  });
  const handlers = createHandlers({ auth, sessions, messages, messageRate });
  const loginWatch = new LoginWatch(io, auth, logger, clock);
  acceptSockets(io, auth, loginWatch, { handlers, logger, workUnderWay });

  const clearExpired = () => {
    auth
      .clearExpiredLogins()
      .catch((error: unknown) => logger.warn({ err: error }, 'expired logins stay for now'));
  };
  const clearing = setInterval(clearExpired, CLEARING_MS).unref();

  const listener = createServer(app);
  io.attach(listener);

  return {
    start: () =>
      new Promise((resolve, reject) => {
        listener.once('error', reject);
        listener.listen(config.port, config.host, () => {
          listener.off('error', reject);
          replies.start();
          clearExpired();
          resolve(addressOf(listener.address()));
        });
      }),

    async close() {
      await within(DRAIN_MS, workUnderWay.drain());
      await within(DRAIN_MS, replies.stop());
      clearInterval(clearing);
      loginWatch.stop();
      await closeSockets(io);
      listener.closeAllConnections();
      connectRate.stop();
      messageRate.stop();
      await passwords.close();
      await store.close();
    },
  };
}

function addressOf(address: AddressInfo | string | null): AddressInfo {
  if (typeof address === 'object' && address) return address;
  throw new Error('the listener has no address of its own');
}
