import type { Metric, Sample } from './metric';

/** A figure that something else keeps, read whenever somebody asks: a gauge goes up and down, a counter only up. */
export class Reading implements Metric {
  constructor(
    readonly type: 'gauge' | 'counter',
    readonly name: string,
    readonly help: string,
    private readonly read: () => number,
  ) {}

  samples(): Sample[] {
    return [{ value: this.read() }];
  }
}
