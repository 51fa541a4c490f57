import { ChatError } from '../domain/errors';

/** Counts on several servers together, in windows of a minute. */
export interface SharedCounter {
  /** Counts one more. Resolves within 50 ms, with null if there is no common count now. Never rejects. */
  count(key: string): Promise<{ hits: number; resetMs: number } | null>;
  /** Undoes a `count` that was not null. */
  uncount(key: string): void;
}

interface Bucket {
  tokens: number;
  filledAt: number;
}

/**
 * A token bucket for each key: `ratePerSecond` on average, with bursts of up to `burst`. A rate of 0 is no limit. Full buckets
 * are discarded, so memory is bounded by the recently active keys. `onHit` is called when a bucket is empty.
 */
export class RateLimiter {
  private readonly buckets = new Map<string, Bucket>();
  private readonly sweep: NodeJS.Timeout | null;

  constructor(
    private readonly ratePerSecond: number,
    readonly burst: number,
    private readonly name: string,
    private readonly onHit: () => void = () => {},
  ) {
    this.sweep =
      ratePerSecond > 0 ? setInterval(() => this.discardFull(), this.secondsToFill * 1000).unref() : null;
  }

  /** Takes a token from the key's bucket and returns how many are left. Throws `RATE_LIMITED`, with the time to wait, if it is empty. */
  take(key: string): number {
    if (this.ratePerSecond === 0) return Number.POSITIVE_INFINITY;
    const bucket = this.fill(key);
    if (bucket.tokens < 1) throw this.exceeded(((1 - bucket.tokens) / this.ratePerSecond) * 1000);
    bucket.tokens -= 1;
    return Math.floor(bucket.tokens);
  }

  /**
   * Takes a token here and counts it on all servers together. Resolves with a function that undoes both. Rejects with `RATE_LIMITED` if
   * the bucket is empty, or if all servers together have counted more than `burst` in a minute.
   */
  async takeShared(key: string, counter: SharedCounter | undefined): Promise<() => void> {
    this.take(key);
    const sharedKey = `${this.name}:${key}`;
    const shared = this.ratePerSecond > 0 ? await counter?.count(sharedKey) : null;
    const undo = () => {
      this.giveBack(key);
      if (shared) counter?.uncount(sharedKey);
    };
    if (!shared || shared.hits <= this.burst) return undo;
    undo();
    throw this.exceeded(shared.resetMs);
  }

  /** Takes a token if there is one, without counting a hit if not. */
  tryTake(key: string): boolean {
    if (this.ratePerSecond === 0) return true;
    const bucket = this.fill(key);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  /** Undoes a `take` that turned out not to count. */
  giveBack(key: string): void {
    if (this.ratePerSecond === 0) return;
    const bucket = this.fill(key);
    bucket.tokens = Math.min(this.burst, bucket.tokens + 1);
  }

  /** How long an empty bucket takes to fill, in seconds; 0 if there is no limit. */
  get secondsToFill(): number {
    return this.ratePerSecond > 0 ? this.burst / this.ratePerSecond : 0;
  }

  stop(): void {
    if (this.sweep) clearInterval(this.sweep);
  }

  private exceeded(milliseconds: number): ChatError {
    this.onHit();
    const retryAfterMs = Math.ceil(milliseconds);
    return new ChatError('RATE_LIMITED', {
      detail: `Too many ${this.name}. Try again in ${retryAfterMs} ms.`,
      retryAfterMs,
      limit: { name: this.name, quota: this.burst, seconds: Math.ceil(this.secondsToFill) },
    });
  }

  private fill(key: string): Bucket {
    const now = performance.now();
    const bucket = this.buckets.get(key) ?? { tokens: this.burst, filledAt: now };
    const gained = ((now - bucket.filledAt) / 1000) * this.ratePerSecond;
    bucket.tokens = Math.min(this.burst, bucket.tokens + gained);
    bucket.filledAt = now;
    this.buckets.set(key, bucket);
    return bucket;
  }

  private discardFull(): void {
    for (const key of this.buckets.keys()) {
      if (this.fill(key).tokens === this.burst) this.buckets.delete(key);
    }
  }
}

export interface RateSettings {
  authRatePerMinute: number;
  connectRatePerMinute: number;
  messageRatePerSecond: number;
}

/** Failed passwords per account and minute, as a multiple of the attempts per address. */
const ADDRESSES_PER_ACCOUNT = 10;
/** Password checks per address and minute, as a multiple of the failed ones: each costs the time to hash a password. */
const CHECKS_PER_FAILURE = 10;
/** Connections per login and minute that don't count for its address, as a share of those of an address. */
const SHARE_OF_LOGIN = 0.1;

export type RateName = 'attempts' | 'connections' | 'wrong passwords' | 'messages';

export type Rates = ReturnType<typeof createRates>;

/** The limits that REST and sockets share. `onHit` is called with the name of a limit when it is reached. */
export function createRates(settings: RateSettings, onHit: (name: RateName) => void) {
  const limiter = (perSecond: number, burst: number, name: RateName) =>
    new RateLimiter(perSecond, burst, name, () => onHit(name));
  const perMinute = (count: number, name: RateName) => limiter(count / 60, count, name);
  const connections = perMinute(settings.connectRatePerMinute, 'connections');
  const connectionsOfLogin = perMinute(settings.connectRatePerMinute * SHARE_OF_LOGIN, 'connections');
  const refreshes = perMinute(settings.authRatePerMinute, 'attempts');
  const passwordChecks = perMinute(settings.authRatePerMinute * CHECKS_PER_FAILURE, 'attempts');
  const wrongPasswords = perMinute(settings.authRatePerMinute * ADDRESSES_PER_ACCOUNT, 'wrong passwords');
  const messages = limiter(settings.messageRatePerSecond, settings.messageRatePerSecond, 'messages');
  const all = { connections, connectionsOfLogin, refreshes, passwordChecks, wrongPasswords, messages };
  return {
    ...all,
    stop() {
      for (const rate of Object.values(all)) rate.stop();
    },
  };
}
