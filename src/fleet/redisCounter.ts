import type { RateLimiterCompatibleAbstract } from 'rate-limiter-flexible';
import type { SharedCounter } from '../utils/rateLimiter';
import type { Bus, EvalOptions } from './bus';

/** Whoever waits for a count is answered within this time. */
const TIMEOUT_MS = 50;
const WINDOW_SECONDS = 60;

/**
 * Counts on all nodes together, in Redis. While Redis is slow or away it gives no counts, so its callers must count by themselves as well:
 * always, because a Redis that comes back empty would otherwise start a second window.
 */
export class RedisCounter implements SharedCounter {
  private limiter: RateLimiterCompatibleAbstract | null = null;
  private bus: Pick<Bus, 'isConnected'> | null = null;

  /** `timeoutMs` overrides `TIMEOUT_MS` in tests. */
  constructor(private readonly timeoutMs = TIMEOUT_MS) {}

  /** Loads the package. `prefix` begins all keys. */
  async open(bus: Pick<Bus, 'isConnected' | 'evaluate'>, prefix: string): Promise<void> {
    const { RateLimiterRedis, RLWrapperTimeouts } = await import('rate-limiter-flexible');
    const limiter = new RateLimiterRedis({
      // The bus replaces its connections, so this is not one of them.
      storeClient: { eval: (script: string, options: EvalOptions) => bus.evaluate(script, options) },
      useRedisPackage: true,
      keyPrefix: prefix,
      points: Number.MAX_SAFE_INTEGER,
      duration: WINDOW_SECONDS,
    });
    this.limiter = new RLWrapperTimeouts({ limiter, timeoutMs: this.timeoutMs });
    this.bus = bus;
  }

  async count(key: string): Promise<{ hits: number; resetMs: number } | null> {
    if (!this.limiter || !this.bus?.isConnected) return null;
    try {
      const { consumedPoints, msBeforeNext } = await this.limiter.penalty(key);
      return { hits: consumedPoints, resetMs: msBeforeNext };
    } catch {
      // The bus logs that Redis is away.
      return null;
    }
  }

  uncount(key: string): void {
    // Best effort: the attempt counts for the rest of the minute if it fails.
    this.limiter?.reward(key).catch(() => {});
  }
}
