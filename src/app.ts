import cors from 'cors';
import express, { type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import { type EndedRequest, watchRequests } from './middleware/endedRequests';
import { answerProblems, rejectUnknownRoute } from './middleware/errors';
import { jsonBody } from './middleware/jsonBody';
import { assignRequestId } from './middleware/requestId';
import type { TrustedProxies } from './utils/clientAddress';
import { corsOrigin } from './utils/origins';

export interface AppDependencies {
  proxies: TrustedProxies;
  corsOrigins: readonly string[];
  health: { live: RequestHandler; ready: RequestHandler };
  refuseWhileDraining: RequestHandler;
  authRoutes: RequestHandler;
  chatRoutes: RequestHandler;
  docsRoutes: RequestHandler;
  /** Null where the page is off. */
  pageRoutes: RequestHandler | null;
  onRequestEnd: (request: EndedRequest) => void;
}

/** Headers of answers that a page of another origin may read. */
const EXPOSED_HEADERS = ['X-Request-Id', 'Retry-After', 'RateLimit', 'RateLimit-Policy'];

/** Where routers are mounted that have several routes. */
const ROUTERS = ['/api/auth', '/api/sessions'];

/** Tokens are for whoever asked, not for caches on the way. */
const forbidCaching: RequestHandler = (_request, response, next) => {
  response.set('Cache-Control', 'no-store');
  next();
};

/** The Express app: what every request passes, in order, down to the answer of its errors. */
export function createApp(dependencies: AppDependencies): Express {
  const { proxies, corsOrigins, health } = dependencies;
  const app = express();
  app.set('trust proxy', proxies);
  app.use(assignRequestId(proxies));
  app.use(watchRequests(ROUTERS, dependencies.onRequestEnd));
  app.use(helmet());
  app.use(cors({ origin: corsOrigin(corsOrigins), exposedHeaders: EXPOSED_HEADERS }));
  app.get('/healthz', health.live);
  app.get('/readyz', health.ready);
  app.use(dependencies.docsRoutes);
  app.use('/api/auth', forbidCaching);
  app.use('/api', dependencies.refuseWhileDraining, jsonBody);
  app.use('/api/auth', dependencies.authRoutes);
  app.use('/api/sessions', dependencies.chatRoutes);
  if (dependencies.pageRoutes) app.use(dependencies.pageRoutes);
  app.use(rejectUnknownRoute);
  app.use(answerProblems);
  return app;
}
