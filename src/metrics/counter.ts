import { ByLabels } from './byLabels';
import type { Labels, Metric, Sample } from './metric';

/** Counts what happens, from the start of the process on. Its name ends in `_total`. */
export class Counter implements Metric {
  readonly type = 'counter';
  private count = 0;

  constructor(
    readonly name: string,
    readonly help: string,
  ) {}

  add(amount = 1): void {
    this.count += amount;
  }

  samples(): Sample[] {
    return [{ value: this.count }];
  }
}

/** A counter for each combination of labels. Those that are known beforehand say 0 until then, so that a first time is seen. */
export class LabelledCounter<Name extends string> implements Metric {
  readonly type = 'counter';
  private readonly counts: ByLabels<Name, { value: number }>;

  constructor(
    readonly name: string,
    readonly help: string,
    labelNames: readonly Name[],
    known: readonly Labels<Name>[] = [],
  ) {
    this.counts = new ByLabels(labelNames, () => ({ value: 0 }));
    for (const labels of known) this.counts.of(labels);
  }

  add(labels: Labels<Name>, amount = 1): void {
    this.counts.of(labels).value += amount;
  }

  *samples(): Iterable<Sample> {
    for (const { labels, part } of this.counts.all()) yield { labels, value: part.value };
  }
}
