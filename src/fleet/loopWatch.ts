const TICK_MS = 500;
/** How much later than planned a timer must fire for the process to count as frozen. */
const LATE_MS = 2_000;

/**
 * Notices that this process did not run for some seconds, such as a paused container. Until it has read again what it may have missed,
 * its state is out of date.
 */
export class LoopWatch {
  private lastTick = performance.now();
  private timer: NodeJS.Timeout | undefined;

  /** Calls `onLate` when the process runs again, unless `isLate` has said so before. */
  start(onLate: () => void): void {
    this.lastTick = performance.now();
    this.timer = setInterval(() => {
      if (this.isLate()) onLate();
      this.lastTick = performance.now();
    }, TICK_MS).unref();
  }

  /** True once after each time that the process was frozen. */
  isLate(): boolean {
    const now = performance.now();
    const isLate = this.timer !== undefined && now - this.lastTick > TICK_MS + LATE_MS;
    if (isLate) this.lastTick = now;
    return isLate;
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }
}
