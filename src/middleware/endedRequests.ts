import type { Request, RequestHandler, Response } from 'express';
import type { ChatError } from '../domain/errors';
import { knownIdentityOf } from './authentication';
import { failureOf } from './errors';
import { requestIdOf } from './requestId';

/** A request whose answer has been sent, or whose client has left before that. */
export interface EndedRequest {
  requestId: string;
  method: string;
  /** The pattern of its route, such as `/api/sessions/:sessionId`, or null where none took it: never what the client wrote. */
  route: string | null;
  /** Null if the client left before the answer was complete. */
  status: number | null;
  /** From the head of the request to the end of its answer. */
  seconds: number;
  userId?: string;
  /** What was answered instead of a success. */
  failure?: ChatError;
}

/** Tells of every request that has ended. `routers` are the paths where routers with several routes are mounted. */
export function watchRequests(
  routers: readonly string[],
  onEnd: (request: EndedRequest) => void,
): RequestHandler {
  return (request, response, next) => {
    const begun = performance.now();
    response.once('close', () =>
      onEnd({ ...outcomeOf(request, response, routers), seconds: (performance.now() - begun) / 1000 }),
    );
    next();
  };
}

function outcomeOf(
  request: Request,
  response: Response,
  routers: readonly string[],
): Omit<EndedRequest, 'seconds'> {
  const userId = knownIdentityOf(request)?.userId;
  const failure = failureOf(response);
  return {
    requestId: requestIdOf(response),
    method: request.method,
    route: routeOf(request, routers),
    status: response.writableFinished ? response.statusCode : null,
    ...(userId !== undefined && { userId }),
    ...(failure && { failure }),
  };
}

/** What a router refuses before one of its routes takes it is `/*` of that router. */
function routeOf({ originalUrl, route }: Request, routers: readonly string[]): string | null {
  const [path = ''] = originalUrl.toLowerCase().split('?');
  const router = routers.find((mount) => path === mount || path.startsWith(`${mount}/`));
  const pattern: unknown = route?.path;
  if (router === undefined) return typeof pattern === 'string' ? pattern : null;
  if (typeof pattern !== 'string') return `${router}/*`;
  return pattern === '/' ? router : router + pattern;
}
