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
