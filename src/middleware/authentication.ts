import type { Request, RequestHandler } from 'express';
import { ChatError } from '../domain/errors';
import type { Identity } from '../domain/login';
import type { AuthService } from '../services/authService';
import { bearerToken } from '../utils/bearerToken';

const identities = new WeakMap<Request, Identity>();

/** Lets only requests on that carry the token of a live login. */
export function requireLogin(auth: AuthService): RequestHandler {
  return async (request, _response, next) => {
    const token = bearerToken(request.get('authorization'));
    if (token === undefined) throw new ChatError('UNAUTHENTICATED');
    identities.set(request, await auth.authenticate(token));
    next();
  };
}

/** Who a request that passed `requireLogin` speaks for. */
export function identityOf(request: Request): Identity {
  const identity = knownIdentityOf(request);
  if (!identity) throw new Error('the route lacks requireLogin');
  return identity;
}

/** The same, where the request may have been answered before it was known. */
export function knownIdentityOf(request: Request): Identity | undefined {
  return identities.get(request);
}
