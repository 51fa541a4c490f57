/** How much the size changes at most from one portion to the next. */
const MAX_FACTOR = 2;

export interface PortionLimits {
  initial: number;
  min: number;
  max: number;
  /** The duration of a portion that its size is adapted to, in milliseconds. */
  targetMs: number;
}

/** The number of rows to remove in one portion, adapted to how long portions take on this machine and for these rows. */
export class PortionSize {
  private current: number;

  constructor(private readonly limits: PortionLimits) {
    this.current = limits.initial;
  }

  get rows(): number {
    return this.current;
  }

  /** `elapsedMs` is how long a portion of this size took. */
  adaptTo(elapsedMs: number): void {
    const { min, max, targetMs } = this.limits;
    const factor = Math.min(MAX_FACTOR, Math.max(1 / MAX_FACTOR, targetMs / elapsedMs));
    this.current = Math.min(max, Math.max(min, Math.round(this.current * factor)));
  }
}
