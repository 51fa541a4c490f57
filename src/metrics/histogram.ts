import { ByLabels } from './byLabels';
import type { Labels, Metric, Sample } from './metric';

/** Sorts values into buckets: how many were at most so large. */
class Buckets {
  private readonly counts: number[];
  private count = 0;
  private sum = 0;

  /** `limits` ascend. */
  constructor(private readonly limits: readonly number[]) {
    this.counts = limits.map(() => 0);
  }

  observe(value: number): void {
    this.count += 1;
    this.sum += value;
    const index = this.limits.findIndex((limit) => value <= limit);
    if (index >= 0) this.counts[index] = (this.counts[index] ?? 0) + 1;
  }

  *samples(labels: Labels): Iterable<Sample> {
    let upTo = 0;
    for (const [index, limit] of this.limits.entries()) {
      upTo += this.counts[index] ?? 0;
      yield { suffix: '_bucket', labels: { ...labels, le: String(limit) }, value: upTo };
    }
    yield { suffix: '_bucket', labels: { ...labels, le: '+Inf' }, value: this.count };
    yield { suffix: '_sum', labels, value: this.sum };
    yield { suffix: '_count', labels, value: this.count };
  }
}

/** How values are spread: seconds, or sizes. */
export class Histogram implements Metric {
  readonly type = 'histogram';
  private readonly buckets: Buckets;

  constructor(
    readonly name: string,
    readonly help: string,
    limits: readonly number[],
  ) {
    this.buckets = new Buckets(limits);
  }

  observe(value: number): void {
    this.buckets.observe(value);
  }

  samples(): Iterable<Sample> {
    return this.buckets.samples({});
  }
}

/** A histogram for each combination of labels. */
export class LabelledHistogram<Name extends string> implements Metric {
  readonly type = 'histogram';
  private readonly buckets: ByLabels<Name, Buckets>;

  constructor(
    readonly name: string,
    readonly help: string,
    labelNames: readonly Name[],
    limits: readonly number[],
  ) {
    this.buckets = new ByLabels(labelNames, () => new Buckets(limits));
  }

  observe(labels: Labels<Name>, value: number): void {
    this.buckets.of(labels).observe(value);
  }

  *samples(): Iterable<Sample> {
    for (const { labels, part } of this.buckets.all()) yield* part.samples(labels);
  }
}
