/** Runs tasks of the same key one at a time, in the order they came; those of different keys side by side. Idle keys take no memory. */
export class TaskQueue {
  readonly #tails = new Map<string, Promise<void>>();

  /** Settles as the task does. A failed task does not hold up the next one. */
  run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const result = (this.#tails.get(key) ?? Promise.resolve()).then(task);
    const tail: Promise<void> = result.then(
      () => this.#release(key, tail),
      () => this.#release(key, tail),
    );
    this.#tails.set(key, tail);
    return result;
  }

  #release(key: string, tail: Promise<void>): void {
    if (this.#tails.get(key) === tail) this.#tails.delete(key);
  }
}
