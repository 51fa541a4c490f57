/**
 * Handles things in the order in which they come: so many at once, the others in later turns of the event loop, but all of them
 * before what comes next, so that no more than that ever waits. What handles a thing must not add one.
 */
export class Paced<T> {
  private waiting: T[] = [];
  private isPlanned = false;

  constructor(
    private readonly perTurn: number,
    private readonly handle: (thing: T) => void,
  ) {}

  add(things: readonly T[]): void {
    this.finish();
    this.waiting = [...things];
    this.goOn();
  }

  /** Handles at once what still waits. */
  finish(): void {
    for (const thing of this.waiting.splice(0)) this.handle(thing);
  }

  private goOn(): void {
    for (const thing of this.waiting.splice(0, this.perTurn)) this.handle(thing);
    if (this.waiting.length > 0) this.planNext();
  }

  private planNext(): void {
    if (this.isPlanned) return;
    this.isPlanned = true;
    setImmediate(() => {
      this.isPlanned = false;
      this.goOn();
    });
  }
}
