import { randomUUID } from 'node:crypto';
import type { RequestHandler, Response } from 'express';
import { REQUEST_ID_PATTERN } from '../domain/limits';
import type { TrustedProxies } from '../utils/clientAddress';

const HEADER = 'X-Request-Id';
const SAFE_ID = new RegExp(REQUEST_ID_PATTERN);

/** Gives every request an id that its answer and its log entry carry: that of a trusted proxy, or else a new one. */
export function assignRequestId(proxies: TrustedProxies): RequestHandler {
  return (request, response, next) => {
    const given = request.get(HEADER) ?? '';
    const isTrusted = proxies(request.socket.remoteAddress ?? '', 0);
    response.set(HEADER, isTrusted && SAFE_ID.test(given) ? given : randomUUID());
    next();
  };
}

export function requestIdOf(response: Response): string {
  return String(response.get(HEADER));
}
