import { type ChatClientErrorCode, hasCode } from './chatClientError';

/** Delays between attempts, in milliseconds. Each delay is twice the one before, up to the maximum. */
export interface BackoffOptions {
  initialMs: number;
  maxMs: number;
}

/** How long an idempotent call is retried. */
const RETRY_FOR_MS = 10_000;
const RETRIED_CODES: readonly ChatClientErrorCode[] = ['OFFLINE', 'UNAVAILABLE', 'RATE_LIMITED'];

/** Exponential backoff with jitter, so that clients don't all reconnect at the same moment. */
export class Backoff {
  private attempts = 0;

  constructor(private readonly options: BackoffOptions) {}

  /** The next delay. `retryAfterMs`, the server's request to wait, is added to it. */
  nextDelay(retryAfterMs = 0): number {
    const { initialMs, maxMs } = this.options;
    const delay = Math.min(maxMs, initialMs * 2 ** this.attempts);
    this.attempts += 1;
    return retryAfterMs + delay * (0.5 + Math.random() / 2);
  }

  reset(): void {
    this.attempts = 0;
  }
}

/** Resolves after this time, or as soon as the signal is aborted. */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal?.addEventListener('abort', end);
  });
}

/** Retries an idempotent call for some seconds while the server is unreachable or asks to wait, unless the signal is aborted. */
export async function withRetry<T>(
  options: BackoffOptions,
  attempt: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const backoff = new Backoff(options);
  const deadline = Date.now() + RETRY_FOR_MS;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!hasCode(error, RETRIED_CODES)) throw error;
      const delay = backoff.nextDelay(error.retryAfterMs);
      if (Date.now() + delay > deadline) throw error;
      await sleep(delay, signal);
      if (signal?.aborted) throw error;
    }
  }
}
