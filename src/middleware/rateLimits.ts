import type { Request, RequestHandler, Response } from 'express';
import { type IncrementResponse, MemoryStore, type Options, rateLimit, type Store } from 'express-rate-limit';
import { ChatError, type Limit } from '../domain/errors';
import { ownProperty } from '../domain/fields';
import { addressKey } from '../utils/httpRequest';
import type { RateLimiter, SharedCounter } from '../utils/rateLimiter';
import { identityOf, onceClosed } from './requests';

const MINUTE_MS = 60_000;

export interface AttemptLimitSettings {
  /** Attempts that count, per address. 0 is no limit. */
  perMinute: number;
  /** Password checks per address, whatever their outcome. */
  passwordChecks: RateLimiter;
  /** Counts the attempts on all nodes together. Absent if this process alone counts them. */
  counter?: SharedCounter | undefined;
  isGenuineRefreshToken: (refreshToken: unknown) => boolean;
  /** Called for each attempt that is rejected because its address has made too many. */
  onHit: () => void;
}

/**
 * The limit of attempts per address, in the forms that the routes need. All forms share one count. Only attempts that could be guesses count,
 * so that the clients behind one address don't limit each other.
 */
export interface AttemptLimits {
  /** Counts each request. */
  everyRequest: RequestHandler;
  /**
   * Counts each request before its password is checked, so that concurrent guesses can't exceed the limit, and uncounts it if the
   * password was right. Requests that would exceed the limit only together with those in flight wait for them.
   */
  wrongPasswords: RequestHandler;
  /** Counts requests whose refresh token this server didn't issue. */
  forgedRefreshTokens: RequestHandler;
}

export function createAttemptLimits(settings: AttemptLimitSettings): AttemptLimits {
  const { perMinute, passwordChecks, isGenuineRefreshToken, onHit } = settings;
  const keyOf = ({ ip = '' }: Request) => addressKey(ip);
  const store = new AttemptStore(settings.counter);
  const inFlight = new Semaphore(perMinute);
  const everyRequest = rateLimit({
    store,
    windowMs: MINUTE_MS,
    limit: perMinute,
    skip: () => perMinute === 0,
    keyGenerator: keyOf,
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
  return {
    everyRequest,
    async wrongPasswords(request, response, next) {
      if (perMinute === 0) return next();
      const key = keyOf(request);
      passwordChecks.take(key);
      const hold = inFlight.acquire(key);
      // Registered before waiting, because the client may disconnect meanwhile.
      onceClosed(request, response, () => {
        if (response.writableFinished && provesNoGuess(response)) store.decrement(key);
        void hold.then((release) => release());
      });
      await hold;
      return everyRequest(request, response, next);
    },
    forgedRefreshTokens(request, response, next) {
      if (isGenuineRefreshToken(ownProperty(request.body, 'refreshToken'))) return next();
      return everyRequest(request, response, next);
    },
  };
}

/** Counts attempts here and, with a counter, on all nodes together. The larger count decides. */
class AttemptStore implements Store {
  private readonly own = new MemoryStore();

  constructor(private readonly counter: SharedCounter | undefined) {}

  init(options: Options): void {
    this.own.init(options);
  }

  async increment(key: string): Promise<IncrementResponse> {
    const [own, shared] = await Promise.all([this.own.increment(key), this.counter?.count(sharedKey(key))]);
    if (!shared || shared.hits <= own.totalHits) return own;
    return { totalHits: shared.hits, resetTime: new Date(Date.now() + shared.resetMs) };
  }

  decrement(key: string): void {
    void this.own.decrement(key);
    this.counter?.uncount(sharedKey(key));
  }

  resetKey(key: string): void {
    void this.own.resetKey(key);
  }
}

function sharedKey(key: string): string {
  return `attempts:${key}`;
}

/** The password was right, or the server failed and didn't say. */
function provesNoGuess({ statusCode }: Response): boolean {
  return statusCode < 400 || statusCode >= 500;
}

/** Admits up to `limit` holders for each key. The others wait, first come, first served. */
class Semaphore {
  private readonly keys = new Map<string, { held: number; waiting: (() => void)[] }>();

  constructor(private readonly limit: number) {}

  /** Resolves with a function that ends the hold. */
  async acquire(key: string): Promise<() => void> {
    const entry = this.keys.get(key) ?? { held: 0, waiting: [] };
    this.keys.set(key, entry);
    if (entry.held < this.limit) entry.held += 1;
    else await new Promise<void>((resolve) => entry.waiting.push(resolve));
    return () => {
      const next = entry.waiting.shift();
      // The hold passes to the next in line.
      if (next) return next();
      entry.held -= 1;
      if (entry.held === 0) this.keys.delete(key);
    };
  }
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
