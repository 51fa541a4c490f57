import { type ChatClientErrorCode, hasCode } from './chatClientError';
import { monotonicMs } from './environment';

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

/** Ends what waits for it. Unlike an `AbortSignal`, it may have any number of listeners: Node.js warns from the eleventh on. */
export class Cancellation {
  private readonly listeners = new Set<() => void>();
  private hasEnded = false;

  get isCanceled(): boolean {
    return this.hasEnded;
  }

  /** Calls all listeners, once. */
  cancel(): void {
    this.hasEnded = true;
    const listeners = [...this.listeners];
    this.listeners.clear();
    for (const listener of listeners) listener();
  }

  /** Calls the listener when it is canceled, unless the returned function was called before. */
  onCancel(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

/** Resolves after this time, or as soon as it is canceled. */
export function sleep(milliseconds: number, cancellation?: Cancellation): Promise<void> {
  return new Promise((resolve) => {
    if (cancellation?.isCanceled) return resolve();
    const end = () => {
      clearTimeout(timer);
      stopListening?.();
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    const stopListening = cancellation?.onCancel(end);
  });
}

/** Retries an idempotent call for some seconds while the server is unreachable or asks to wait, unless that is canceled. */
export async function withRetry<T>(
  options: BackoffOptions,
  attempt: () => Promise<T>,
  cancellation?: Cancellation,
): Promise<T> {
  const backoff = new Backoff(options);
  const deadline = monotonicMs() + RETRY_FOR_MS;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!hasCode(error, RETRIED_CODES)) throw error;
      const delay = backoff.nextDelay(error.retryAfterMs);
      if (monotonicMs() + delay > deadline) throw error;
      await sleep(delay, cancellation);
      if (cancellation?.isCanceled) throw error;
    }
  }
}
