import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Request, RequestHandler, Response } from 'express';
import { ChatError, ERROR_CATALOGUE } from '../domain/errors';
import { REQUEST_ID_PATTERN } from '../domain/limits';
import type { Identity } from '../domain/user';
import type { AuthService, Device } from '../services/authService';
import { bearerToken, plainAddress, type TrustedProxies, userAgentIn } from '../utils/httpRequest';
import type { Logger } from '../utils/logger';

const ID_HEADER = 'X-Request-Id';
const SAFE_ID = new RegExp(REQUEST_ID_PATTERN);

/** Assigns the id that the response and the log entry of a request carry: that of a trusted proxy, or a new one. */
export function assignRequestId(proxies: TrustedProxies): RequestHandler {
  return (request, response, next) => {
    const given = request.get(ID_HEADER) ?? '';
    const isTrusted = proxies(request.socket.remoteAddress ?? '', 0);
    response.set(ID_HEADER, isTrusted && SAFE_ID.test(given) ? given : randomUUID());
    next();
  };
}

export function requestIdOf(response: Response): string {
  return String(response.get(ID_HEADER));
}

const failures = new WeakMap<Response, ChatError>();

/** Remembers the error that a response reports, with its cause, for the log. */
export function noteFailure(response: Response, error: ChatError): void {
  failures.set(response, error);
}

const openResponses = new WeakMap<Socket, Set<() => void>>();

/**
 * Calls `onClose` once, when the response was sent or its connection was lost. The `close` event of the response isn't enough: Node
 * never emits it for a pipelined request whose connection is lost while an earlier response is in flight.
 */
export function onceClosed({ socket }: Request, response: Response, onClose: () => void): void {
  const open = openResponses.get(socket) ?? new Set();
  if (!openResponses.has(socket)) {
    openResponses.set(socket, open);
    socket.once('close', () => {
      for (const close of open) close();
    });
  }
  const close = () => {
    if (open.delete(close)) onClose();
  };
  open.add(close);
  response.once('close', close);
}

/** A request whose response was sent, or whose client disconnected before. */
export interface EndedRequest {
  requestId: string;
  method: string;
  /** The pattern of its route, such as `/api/sessions/:sessionId`, or null if there is none. It contains nothing that the client sent. */
  route: string | null;
  /** Null if the client disconnected before the response was complete. */
  status: number | null;
  /** From the head of the request to the end of its response. */
  seconds: number;
  userId?: string;
  /** The error that the response reports. */
  failure?: ChatError;
}

/** Reports every request that has ended. `routers` are the paths at which routers with several routes are mounted. */
export function watchRequests(
  routers: readonly string[],
  onEnd: (request: EndedRequest) => void,
): RequestHandler {
  return (request, response, next) => {
    const start = performance.now();
    onceClosed(request, response, () => {
      const userId = knownIdentityOf(request)?.userId;
      const failure = failures.get(response);
      onEnd({
        requestId: requestIdOf(response),
        method: request.method,
        route: routeOf(request, routers),
        status: response.writableFinished ? response.statusCode : null,
        seconds: (performance.now() - start) / 1000,
        ...(userId !== undefined && { userId }),
        ...(failure && { failure }),
      });
    });
    next();
  };
}

/** A request that a router rejects before one of its routes matches is `/*` of that router. */
function routeOf({ originalUrl, route }: Request, routers: readonly string[]): string | null {
  const [path = ''] = originalUrl.toLowerCase().split('?');
  const router = routers.find((mount) => path === mount || path.startsWith(`${mount}/`));
  const pattern: unknown = route?.path;
  if (router === undefined) return typeof pattern === 'string' ? pattern : null;
  if (typeof pattern !== 'string') return `${router}/*`;
  return pattern === '/' ? router : router + pattern;
}

/** Load balancers request these every few seconds. */
const HEALTH_ROUTES: readonly (string | null)[] = ['/healthz', '/readyz'];

/** Logs a request that has ended. */
export function logRequest(logger: Logger, { seconds, failure, ...request }: EndedRequest): void {
  const ms = Math.round(seconds * 1e6) / 1000;
  const entry = { ...request, ms, ...(failure && { code: failure.code }) };
  if (failure && ERROR_CATALOGUE[failure.code].status >= 500) {
    logger.error({ ...entry, err: failure.cause }, 'request failed');
  } else if (HEALTH_ROUTES.includes(request.route)) {
    logger.debug(entry, 'request completed');
  } else {
    logger.info(entry, request.status === null ? 'request aborted' : 'request completed');
  }
}

const identities = new WeakMap<Request, Identity>();

/** Rejects requests without a valid token of an active login. */
export function requireLogin(auth: AuthService): RequestHandler {
  return async (request, _response, next) => {
    const token = bearerToken(request.get('authorization'));
    if (token === undefined) throw new ChatError('UNAUTHENTICATED');
    identities.set(request, await auth.authenticate(token, () => deviceOf(request)));
    next();
  };
}

/** The same for requests that carry a token; those without one pass, too. */
export function acceptLogin(auth: AuthService): RequestHandler {
  const guard = requireLogin(auth);
  return (request, response, next) =>
    request.get('authorization') === undefined ? next() : guard(request, response, next);
}

/** The device that has sent a request. */
export function deviceOf(request: Request): Device {
  return {
    userAgent: userAgentIn(request.headers),
    ip: request.ip === undefined ? null : plainAddress(request.ip),
  };
}

/** The user and login of a request that passed `requireLogin`. */
export function identityOf(request: Request): Identity {
  const identity = knownIdentityOf(request);
  if (!identity) throw new Error('the route lacks requireLogin');
  return identity;
}

/** The same, or undefined for a request that didn't pass `requireLogin`. */
export function knownIdentityOf(request: Request): Identity | undefined {
  return identities.get(request);
}
