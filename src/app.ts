import cors from 'cors';
import express, { type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import type { Config } from './config/readConfig';
import { createAuthController } from './controllers/authController';
import { createChatController, createExportController } from './controllers/chatController';
import { createStaticController } from './controllers/staticController';
import { ChatError } from './domain/errors';
import { answerProblems, rejectUnknownRoute } from './middleware/errors';
import { createAttemptLimits, limitMessages } from './middleware/rateLimits';
import {
  acceptLogin,
  assignRequestId,
  type EndedRequest,
  onceClosed,
  requireLogin,
  watchRequests,
} from './middleware/requests';
import { jsonBody } from './middleware/validation';
import { createAuthRoutes } from './routes/authRoutes';
import { createChatRoutes } from './routes/chatRoutes';
import { allowAnyOrigin, createDocsRoutes, createPageRoutes } from './routes/staticRoutes';
import type { Services } from './services/services';
import type { ChatStore } from './stores/chatStore';
import { corsOrigin, isAllowedOrigin, type OriginRules, type TrustedProxies } from './utils/httpRequest';
import type { InFlight } from './utils/inFlight';
import type { PageFiles } from './utils/pageFiles';
import type { Rates, SharedCounter } from './utils/rateLimiter';

export interface AppDependencies {
  config: Pick<
    Config,
    | 'corsOrigins'
    | 'loopbackOrigins'
    | 'authRatePerMinute'
    | 'webClient'
    | 'webTitle'
    | 'webAccent'
    | 'signUp'
    | 'guests'
  >;
  services: Pick<Services, 'auth' | 'account' | 'sessions' | 'messages' | 'exports'>;
  store: Pick<ChatStore, 'ping'>;
  rates: Pick<Rates, 'messages' | 'passwordChecks'>;
  /** Absent if this process alone counts attempts. */
  attempts?: SharedCounter | undefined;
  proxies: TrustedProxies;
  inFlight: InFlight;
  /** Null if the page and the reference are not built. */
  pageFiles: PageFiles | null;
  onRequestEnd: (request: EndedRequest) => void;
  /** A page called the API that may not read the response. */
  onForeignOrigin: (origin: string | undefined) => void;
  /** An address has reached its limit of attempts. */
  onAttemptsLimited: () => void;
}

/** The headers that pages of other origins may read. */
const EXPOSED_HEADERS = [
  'X-Request-Id',
  'Content-Disposition',
  'Retry-After',
  'RateLimit',
  'RateLimit-Policy',
];

/** The paths at which routers with several routes are mounted. */
const ROUTERS = ['/api/auth', '/api/sessions'];

/** The Express app: every middleware and route, in the order in which a request passes them. */
export function createApp(dependencies: AppDependencies): Express {
  const { config, services, proxies, inFlight, pageFiles } = dependencies;
  const { auth, account, sessions, messages } = services;
  const guard = requireLogin(auth);
  const exportController = createExportController(services.exports);
  const files = pageFiles && createStaticController(pageFiles, config);
  const app = express();
  app.set('trust proxy', proxies);
  app.use(assignRequestId(proxies));
  app.use(watchRequests(ROUTERS, dependencies.onRequestEnd));
  app.use(helmet());
  app.use('/api', reportForeignOrigins(config, dependencies.onForeignOrigin));
  app.use(cors({ origin: corsOrigin(config), exposedHeaders: EXPOSED_HEADERS }));
  app.get('/healthz', allowAnyOrigin, confirmLiveness);
  app.get('/readyz', confirmReadiness(dependencies.store, inFlight));
  app.use(createDocsRoutes(files));
  app.use('/api', forbidCaching, rejectWhileDraining(inFlight), jsonBody);
  app.use(
    '/api/auth',
    createAuthRoutes({
      controller: createAuthController(auth, account),
      exportController,
      requireLogin: guard,
      acceptGuest: config.guests ? acceptLogin(auth) : (_request, _response, next) => next(),
      limits: createAttemptLimits({
        perMinute: config.authRatePerMinute,
        passwordChecks: dependencies.rates.passwordChecks,
        counter: dependencies.attempts,
        isGenuineRefreshToken: (token) => typeof token === 'string' && auth.isGenuineRefreshToken(token),
        onHit: dependencies.onAttemptsLimited,
      }),
    }),
  );
  app.use(
    '/api/sessions',
    createChatRoutes({
      controller: createChatController(sessions, messages),
      exportController,
      requireLogin: guard,
      limitMessages: limitMessages(dependencies.rates.messages),
    }),
  );
  if (config.webClient && files) app.use(createPageRoutes(files));
  app.use(rejectUnknownRoute);
  app.use(answerProblems);
  return app;
}

/** Before `cors`, which completes preflight requests itself. */
function reportForeignOrigins(
  rules: OriginRules,
  report: AppDependencies['onForeignOrigin'],
): RequestHandler {
  return ({ headers: { origin, host } }, _response, next) => {
    if (!isAllowedOrigin(rules, origin, host)) report(origin);
    next();
  };
}

/** The process runs. Any page may read it, so that a client can tell a server that refuses its origin from one that is not reachable. */
const confirmLiveness: RequestHandler = (_request, response) => {
  response.json({ status: 'ok' });
};

/** The server can serve: it isn't stopping, and its database responds. */
function confirmReadiness(store: AppDependencies['store'], inFlight: InFlight): RequestHandler {
  return async (_request, response) => {
    if (inFlight.isDraining) throw new ChatError('UNAVAILABLE', { detail: 'The server is stopping.' });
    await store.ping();
    response.json({ status: 'ok' });
  };
}

/** Responses depend on who asks, also a 404, so a cache would show them to the next user of the same browser. */
const forbidCaching: RequestHandler = (_request, response, next) => {
  response.set('Cache-Control', 'no-store');
  next();
};

/** Counts the requests in flight, and rejects new ones while the server is stopping. */
function rejectWhileDraining(inFlight: InFlight): RequestHandler {
  return (request, response, next) => {
    if (inFlight.isDraining) {
      response.set('Connection', 'close');
      throw new ChatError('UNAVAILABLE', { detail: 'The server is stopping. Try again shortly.' });
    }
    onceClosed(request, response, inFlight.begin());
    next();
  };
}
