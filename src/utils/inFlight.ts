/** Counts requests and events in flight, so that a stop can wait for them. */
export class InFlight {
  private running = 0;
  private draining = false;
  private onIdle: (() => void)[] = [];

  /** True once the process is stopping: new requests should be rejected. */
  get isDraining(): boolean {
    return this.draining;
  }

  get count(): number {
    return this.running;
  }

  /** Returns the function to call, once, at the end of the request. */
  begin(): () => void {
    this.running += 1;
    return () => {
      this.running -= 1;
      if (this.running === 0) for (const resolve of this.onIdle.splice(0)) resolve();
    };
  }

  /** Counts `work` until its promise settles. It must not throw synchronously, and reports its failures itself. */
  run(work: () => Promise<void>): void {
    const end = this.begin();
    work().then(end, end);
  }

  /** Starts draining, and resolves when nothing is in flight. */
  drain(): Promise<void> {
    this.draining = true;
    if (this.running === 0) return Promise.resolve();
    return new Promise((resolve) => this.onIdle.push(resolve));
  }
}
