import type { Request, RequestHandler } from 'express';
import { ChatError } from '../domain/errors';
import type { Identity } from '../domain/user';
import type { AuthService } from '../services/authService';
import { bearerToken } from '../utils/httpRequest';

const identities = new WeakMap<Request, Identity>();

/** Rejects requests without a valid token of an active login. */
export function requireLogin(auth: AuthService): RequestHandler {
  return async (request, _response, next) => {
    const token = bearerToken(request.get('authorization'));
    if (token === undefined) throw new ChatError('UNAUTHENTICATED');
    identities.set(request, await auth.authenticate(token));
    next();
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
