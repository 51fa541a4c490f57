import { ERROR_CATALOGUE } from '../domain/errors';
import type { Logger } from '../utils/logger';
import type { EndedRequest } from './endedRequests';

/** What load balancers ask every few seconds. */
const HEALTH_ROUTES: readonly (string | null)[] = ['/healthz', '/readyz'];

/** Writes a line for a request that has ended: who asked for which route, and what came of it. */
export function logRequest(logger: Logger, { seconds, failure, ...request }: EndedRequest): void {
  const ms = Math.round(seconds * 1e6) / 1000;
  const entry = { ...request, ms, ...(failure && { code: failure.code }) };
  if (failure && ERROR_CATALOGUE[failure.code].status >= 500) {
    logger.error({ ...entry, err: failure.cause }, 'a request failed');
  } else if (HEALTH_ROUTES.includes(request.route)) {
    logger.debug(entry, 'a health check');
  } else {
    logger.info(entry, request.status === null ? 'a request was given up' : 'a request');
  }
}
