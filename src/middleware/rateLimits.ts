import type { RequestHandler, Response } from 'express';
import { rateLimit } from 'express-rate-limit';
import { ChatError, type Limit } from '../domain/errors';
import { addressKey } from '../utils/clientAddress';
import type { RateLimiter } from '../utils/rateLimiter';
import { identityOf } from './authentication';

const MINUTE_MS = 60_000;

/**
 * Attempts to sign up, log in or refresh that one address may make in a minute; 0 for any number. `onHit` is told of each one
 * above.
 */
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

/** Messages that one user may send, over REST and sockets together. Tells of it in the draft-8 `RateLimit` headers. */
export function limitMessages(messageRate: RateLimiter): RequestHandler {
  const { burst: quota, secondsToFill } = messageRate;
  const seconds = Math.ceil(secondsToFill);
  return (request, response, next) => {
    const left = messageRate.take(identityOf(request).userId);
    if (seconds > 0) tellLimit(response, { name: 'messages', quota, seconds }, left, seconds);
    next();
  };
}

/** Adds a limit to the draft-8 headers of an answer: how many are left, and in how many seconds there are more. */
export function tellLimit(
  response: Response,
  { name, quota, seconds }: Limit,
  left: number,
  inSeconds: number,
): void {
  response.append('RateLimit-Policy', `"${name}"; q=${quota}; w=${seconds}`);
  response.append('RateLimit', `"${name}"; r=${left}; t=${inSeconds}`);
}
