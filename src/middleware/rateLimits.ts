import type { RequestHandler, Response } from 'express';
import { rateLimit } from 'express-rate-limit';
import { ChatError, type Limit } from '../domain/errors';
import { addressKey } from '../utils/httpRequest';
import type { RateLimiter } from '../utils/rateLimiter';
import { identityOf } from './authentication';

const MINUTE_MS = 60_000;

/** Limits sign-ups, logins, refreshes and password checks per address; 0 is no limit. `onHit` is called for each rejected attempt. */
export function limitAuthAttempts(perMinute: number, onHit: () => void): RequestHandler {
  return rateLimit({
    windowMs: MINUTE_MS,
    limit: perMinute,
    skip: () => perMinute === 0,
    keyGenerator: ({ ip = '' }) => addressKey(ip),
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    handler: (_request, response) => {
      onHit();
      const seconds = Number(response.get('Retry-After') ?? 60);
      throw new ChatError('RATE_LIMITED', {
        detail: `Too many attempts from this address. Try again in ${seconds} s.`,
        retryAfterMs: seconds * 1000,
      });
    },
  });
}

/** Limits the messages per user, over REST and sockets together. */
export function limitMessages(messageRate: RateLimiter): RequestHandler {
  const { burst: quota, secondsToFill } = messageRate;
  const seconds = Math.ceil(secondsToFill);
  return (request, response, next) => {
    const remaining = messageRate.take(identityOf(request).userId);
    if (seconds > 0) setRateLimitHeaders(response, { name: 'messages', quota, seconds }, remaining, seconds);
    next();
  };
}

/** Adds a limit to the draft-8 headers of a response. The limit resets after `resetSeconds`. */
export function setRateLimitHeaders(
  response: Response,
  { name, quota, seconds }: Limit,
  remaining: number,
  resetSeconds: number,
): void {
  response.append('RateLimit-Policy', `"${name}"; q=${quota}; w=${seconds}`);
  response.append('RateLimit', `"${name}"; r=${remaining}; t=${resetSeconds}`);
}
