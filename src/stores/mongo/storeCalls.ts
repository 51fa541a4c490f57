import { ChatError } from '../../domain/errors';
import { refuseOverload } from '../errors';
import { toStoreError } from './errors';

/** The latest moment at which a call is answered. */
export class Deadline {
  readonly #at: number;

  constructor(ms: number) {
    this.#at = performance.now() + ms;
  }

  get isOver(): boolean {
    return performance.now() >= this.#at;
  }

  /** Throws `UNAVAILABLE` when the time is up: nobody waits for what would start now. */
  check(): void {
    if (this.isOver) throw outOfTime();
  }
}

/**
 * Runs every call of a store: answers it in time, whatever the driver retries meanwhile, and lets only `ChatError`s out.
 * What a call began goes on after its deadline and takes effect or not; its caller was told `UNAVAILABLE`. Until it ends it
 * counts among those that wait for the database, and when these are too many, no more are taken.
 */
export class StoreCalls {
  readonly #running = new Set<Promise<unknown>>();
  #waiting = 0;
  #closed = false;

  constructor(private readonly limitMs: number) {}

  async run<T>(work: (deadline: Deadline) => Promise<T>): Promise<T> {
    if (this.#closed) throw new ChatError('UNAVAILABLE', { cause: new Error('The store is closed') });
    refuseOverload(this.#waiting);
    const call = this.#answer(work);
    this.#running.add(call);
    try {
      return await call;
    } finally {
      this.#running.delete(call);
    }
  }

  /** Takes no new calls, and resolves when those under way are answered. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#running);
  }

  async #answer<T>(work: (deadline: Deadline) => Promise<T>): Promise<T> {
    const result = this.#count(() => work(new Deadline(this.limitMs)));
    try {
      return await withinTime(result, this.limitMs);
    } catch (error) {
      // It may still settle, which nobody waits for.
      result.catch(() => {});
      throw toStoreError(error);
    }
  }

  async #count<T>(work: () => Promise<T>): Promise<T> {
    this.#waiting++;
    try {
      return await work();
    } finally {
      this.#waiting--;
    }
  }
}

/** Settles as the work does, or rejects with `UNAVAILABLE` when the time is up. */
export async function withinTime<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(outOfTime()), ms);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}

export function outOfTime(): ChatError {
  return new ChatError('UNAVAILABLE', { cause: new Error('MongoDB did not answer in time') });
}
