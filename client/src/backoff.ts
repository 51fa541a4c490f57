/** How long to wait between attempts, in milliseconds: from the first to the longest wait, each twice as long as the one before. */
export interface Waits {
  first: number;
  longest: number;
}

/** Waits between attempts, longer each time and never all clients at once. */
export class Backoff {
  private attempts = 0;

  constructor(private readonly waits: Waits) {}

  /** The next wait: at least `atLeast`, which a server asked for. */
  next(atLeast = 0): number {
    const { first, longest } = this.waits;
    const most = Math.min(longest, first * 2 ** this.attempts);
    this.attempts += 1;
    return atLeast + most * (0.5 + Math.random() / 2);
  }

  reset(): void {
    this.attempts = 0;
  }
}

/** Resolves after this time, or as soon as the signal is aborted. */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
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
