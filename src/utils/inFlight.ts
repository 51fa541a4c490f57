/** Counts what is under way, so that a stop can wait for it. */
export class InFlight {
  private count = 0;
  private draining = false;
  private tellIdle: (() => void)[] = [];

  /** True once the process is stopping: nothing new should be taken. */
  get isDraining(): boolean {
    return this.draining;
  }

  /** How much has begun and not ended. */
  get underWay(): number {
    return this.count;
  }

  /** Notes that something has begun and returns what to call, once, when it has ended. */
  begin(): () => void {
    this.count += 1;
    return () => {
      this.count -= 1;
      if (this.count === 0) for (const tell of this.tellIdle.splice(0)) tell();
    };
  }

  /** Counts `work` until its promise settles. It must not throw at once, and tells of its failures itself. */
  run(work: () => Promise<void>): void {
    const end = this.begin();
    work().then(end, end);
  }

  /** From now on nothing new should be taken; resolves when what was begun has ended. */
  drain(): Promise<void> {
    this.draining = true;
    if (this.count === 0) return Promise.resolve();
    return new Promise((resolve) => this.tellIdle.push(resolve));
  }
}
