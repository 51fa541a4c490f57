/** Processes a batch, and returns the outcome of each item in the order of the items. If it rejects, so does every item. */
export type BatchHandler<T, R> = (items: T[]) => Promise<PromiseSettledResult<R>[]>;

/** An item that waits for its batch. */
interface PendingItem<T, R> {
  item: T;
  resolve(result: R): void;
  reject(reason: unknown): void;
}

/**
 * Processes items in batches, one batch at a time. Items that arrive while a batch is running form the next one: batch size adapts to
 * load, and a lone item is never delayed.
 */
export class Batcher<T, R> {
  private pending: PendingItem<T, R>[] = [];
  private running: Promise<void> | undefined;

  constructor(
    private readonly handler: BatchHandler<T, R>,
    private readonly maxBatchSize: number,
  ) {}

  /** Settles with the outcome of this item. */
  add(item: T): Promise<R> {
    return new Promise((resolve, reject) => {
      this.pending.push({ item, resolve, reject });
      this.running ??= this.run();
    });
  }

  /** Resolves when no item is pending or running. */
  async idle(): Promise<void> {
    await this.running;
  }

  private async run(): Promise<void> {
    while (this.pending.length > 0) {
      await runBatch(this.pending.splice(0, this.maxBatchSize), this.handler);
    }
    this.running = undefined;
  }
}

/** The session that an item is for, and the user who has it according to the sender. */
export interface SessionOfUser {
  userId: string;
  sessionId: string;
}

/**
 * Processes the items of each session in batches: those that arrive while the session is busy with earlier tasks of the queue form one
 * batch per user. Different sessions run concurrently.
 */
export class SessionBatcher<T extends SessionOfUser, R> {
  private readonly pending = new Map<string, PendingItem<T, R>[]>();

  constructor(
    private readonly queue: SerialQueue,
    private readonly handler: BatchHandler<T, R>,
  ) {}

  /** Settles with the outcome of this item. Items of a session settle in the order in which they were added. */
  add(item: T): Promise<R> {
    return new Promise((resolve, reject) => {
      const key = `${item.userId} ${item.sessionId}`;
      const pendingItem = { item, resolve, reject };
      const batch = this.pending.get(key);
      if (batch) batch.push(pendingItem);
      else this.startBatch(key, pendingItem);
    });
  }

  private startBatch(key: string, first: PendingItem<T, R>): void {
    const batch = [first];
    this.pending.set(key, batch);
    void this.queue.run(first.item.sessionId, () => {
      this.pending.delete(key);
      return runBatch(batch, this.handler);
    });
  }
}

/** Resolves when each item has its outcome. Never rejects. */
async function runBatch<T, R>(batch: PendingItem<T, R>[], handler: BatchHandler<T, R>): Promise<void> {
  try {
    const outcomes = await handler(batch.map(({ item }) => item));
    for (const [index, { resolve, reject }] of batch.entries()) {
      const outcome = outcomes[index];
      if (outcome?.status === 'fulfilled') resolve(outcome.value);
      else reject(outcome?.reason ?? new Error('an item of a batch has no outcome'));
    }
  } catch (error) {
    for (const { reject } of batch) reject(error);
  }
}

export function fulfilled<R>(value: R): PromiseFulfilledResult<R> {
  return { status: 'fulfilled', value };
}

export function rejected(reason: unknown): PromiseRejectedResult {
  return { status: 'rejected', reason };
}

/** Runs the tasks of each key one at a time, in the order in which they were added; tasks of different keys run concurrently. */
export class SerialQueue {
  /** The last task of each key that has tasks; idle keys use no memory. */
  private readonly tails = new Map<string, Promise<void>>();

  /** Settles as the task does. A task that fails does not stop the next one. */
  run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const result = (this.tails.get(key) ?? Promise.resolve()).then(task);
    const tail: Promise<void> = result.then(
      () => this.release(key, tail),
      () => this.release(key, tail),
    );
    this.tails.set(key, tail);
    return result;
  }

  private release(key: string, tail: Promise<void>): void {
    if (this.tails.get(key) === tail) this.tails.delete(key);
  }
}
