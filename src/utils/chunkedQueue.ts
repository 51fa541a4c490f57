/**
 * Handles items in the order in which they were added: one chunk immediately, the others in later turns of the event loop. Adding
 * items first handles all pending ones, so the queue never exceeds one addition. The handler must not add items.
 */
export class ChunkedQueue<T> {
  private pending: T[] = [];
  private isScheduled = false;

  constructor(
    private readonly chunkSize: number,
    private readonly handle: (item: T) => void,
  ) {}

  add(items: readonly T[]): void {
    this.flush();
    this.pending = [...items];
    this.handleChunk();
  }

  /** Handles all pending items immediately. */
  flush(): void {
    for (const item of this.pending.splice(0)) this.handle(item);
  }

  private handleChunk(): void {
    for (const item of this.pending.splice(0, this.chunkSize)) this.handle(item);
    if (this.pending.length > 0) this.schedule();
  }

  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      this.handleChunk();
    });
  }
}
