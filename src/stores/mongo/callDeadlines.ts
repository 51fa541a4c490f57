import { ChatError } from '../../domain/errors';
import { refuseOverload } from '../databaseHealth';
import { toStoreError } from './errors';

/** Less than the 3 s that every store guarantees, so that the error still leaves a busy process in time. */
const CALL_TIMEOUT_MS = 2_700;

/** The time by which a call has been answered. Work that starts later would have no caller. */
export class Deadline {
  private readonly endsAt: number;

  constructor(timeoutMs = CALL_TIMEOUT_MS) {
    this.endsAt = performance.now() + timeoutMs;
  }

  get isOver(): boolean {
    return performance.now() >= this.endsAt;
  }

  /** Throws `UNAVAILABLE` if the deadline has passed. */
  check(): void {
    if (this.isOver) throw timeoutError();
  }
}

/**
 * Runs the calls of a store: each settles before its deadline, however long the driver retries, and rejects with nothing but a
 * `ChatError`. Work goes on after its deadline, with or without success, and counts against the limit of waiting calls until it ends.
 */
export class CallDeadlines {
  /** The calls that have not been answered. */
  private readonly unsettled = new Set<Promise<unknown>>();
  /** The number of calls whose work has not ended, including those that timed out. */
  private inFlight = 0;
  private closed = false;

  constructor(private readonly timeoutMs = CALL_TIMEOUT_MS) {}

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.closed) throw new ChatError('UNAVAILABLE', { cause: new Error('the store is closed') });
    refuseOverload(this.inFlight);
    const call = this.settleInTime(work);
    this.unsettled.add(call);
    try {
      return await call;
    } finally {
      this.unsettled.delete(call);
    }
  }

  /** Rejects new calls, and resolves when those in flight have settled. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.allSettled(this.unsettled);
  }

  private async settleInTime<T>(work: () => Promise<T>): Promise<T> {
    const result = this.count(work);
    try {
      return await withTimeout(result, this.timeoutMs);
    } catch (error) {
      // Work that fails after its deadline would otherwise be an unhandled rejection.
      result.catch(() => {});
      throw toStoreError(error);
    }
  }

  private async count<T>(work: () => Promise<T>): Promise<T> {
    this.inFlight++;
    try {
      return await work();
    } finally {
      this.inFlight--;
    }
  }
}

/** Settles as the work does, or rejects with `UNAVAILABLE` after the timeout. */
export async function withTimeout<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(timeoutError()), timeoutMs);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

export function timeoutError(): ChatError {
  return new ChatError('UNAVAILABLE', { cause: new Error('MongoDB did not respond in time') });
}
