import type { RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import { ChatError } from '../domain/errors';
import type { RateLimiter } from '../utils/rateLimiter';
import { identityOf } from './authentication';

const MINUTE_MS = 60_000;

/** Attempts to sign up, log in or refresh that one address may make in a minute; 0 for any number. */
export function limitAuthAttempts(perMinute: number): RequestHandler {
  return rateLimit({
    windowMs: MINUTE_MS,
    limit: perMinute,
    skip: () => perMinute === 0,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    handler: (_request, response) => {
      const seconds = Number(response.get('Retry-After') ?? 60);
      throw new ChatError('RATE_LIMITED', {
        detail: `Too many attempts from this address. Try again in ${seconds} s.`,
        retryAfterMs: seconds * 1000,
      });
    },
  });
}

/** Messages that one user may send, over REST and sockets together. Tells of it in the draft-8 `RateLimit` headers. */
export function limitMessages(messageRate: RateLimiter): RequestHandler {
  const { burst, secondsToFill } = messageRate;
  return (request, response, next) => {
    if (secondsToFill === 0) return next();
    response.set('RateLimit-Policy', `"messages"; q=${burst}; w=${Math.ceil(secondsToFill)}`);
    response.set('RateLimit', `"messages"; r=0; t=${Math.ceil(secondsToFill)}`);
    const left = messageRate.take(identityOf(request).userId);
    response.set('RateLimit', `"messages"; r=${left}; t=${Math.ceil(secondsToFill)}`);
    next();
  };
}
