import { Backoff, pause, type Waits } from './backoff';
import { ChatClientError, type ChatClientErrorCode } from './chatClientError';

/** How long a call that is harmless to repeat is tried again, in milliseconds. */
const PATIENCE_MS = 10_000;
const WORTH_IT: readonly ChatClientErrorCode[] = ['OFFLINE', 'UNAVAILABLE', 'RATE_LIMITED'];

/**
 * Does what is harmless to repeat again for some seconds, while the server is away or asks to wait, and nobody has given it
 * up.
 */
export async function patiently<T>(
  waits: Waits,
  attempt: () => Promise<T>,
  givenUp?: AbortSignal,
): Promise<T> {
  const backoff = new Backoff(waits);
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const wait = isWorthIt(error) ? backoff.next(error.retryAfterMs) : Number.POSITIVE_INFINITY;
      if (Date.now() + wait > end) throw error;
      await pause(wait, givenUp);
      if (givenUp?.aborted) throw error;
    }
  }
}

function isWorthIt(error: unknown): error is ChatClientError {
  return error instanceof ChatClientError && WORTH_IT.includes(error.code);
}
