import { ChatError } from '../domain/errors';

interface Bucket {
  tokens: number;
  filledAt: number;
}

/**
 * A token bucket for each key: `ratePerSecond` on average, up to one `burst` at once. A rate of 0 lets everything pass. Buckets
 * that are full again are forgotten, so it remembers only who was busy lately. `onHit` is told when somebody's bucket is empty.
 */
export class RateLimiter {
  private readonly buckets = new Map<string, Bucket>();
  private readonly sweep: NodeJS.Timeout | null;

  constructor(
    private readonly ratePerSecond: number,
    readonly burst: number,
    private readonly what: string,
    private readonly onHit: () => void = () => {},
  ) {
    const secondsToFill = ratePerSecond > 0 ? burst / ratePerSecond : 0;
    this.sweep =
      ratePerSecond > 0 ? setInterval(() => this.forgetFull(), secondsToFill * 1000).unref() : null;
  }

  /** Takes one from the key's bucket and returns how many are left. Throws `RATE_LIMITED`, with the time to wait, if none is. */
  take(key: string): number {
    if (this.ratePerSecond === 0) return Number.POSITIVE_INFINITY;
    const bucket = this.fill(key);
    if (bucket.tokens < 1) {
      this.onHit();
      const retryAfterMs = Math.ceil(((1 - bucket.tokens) / this.ratePerSecond) * 1000);
      throw new ChatError('RATE_LIMITED', {
        detail: `Too many ${this.what}. Try again in ${retryAfterMs} ms.`,
        retryAfterMs,
        limit: { name: this.what, quota: this.burst, seconds: Math.ceil(this.secondsToFill) },
      });
    }
    bucket.tokens -= 1;
    return Math.floor(bucket.tokens);
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

  private fill(key: string): Bucket {
    const now = performance.now();
    const bucket = this.buckets.get(key) ?? { tokens: this.burst, filledAt: now };
    const gained = ((now - bucket.filledAt) / 1000) * this.ratePerSecond;
    bucket.tokens = Math.min(this.burst, bucket.tokens + gained);
    bucket.filledAt = now;
    this.buckets.set(key, bucket);
    return bucket;
  }

  private forgetFull(): void {
    for (const key of this.buckets.keys()) {
      if (this.fill(key).tokens === this.burst) this.buckets.delete(key);
    }
  }
}
