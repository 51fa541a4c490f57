import type { Labels } from './metric';

/** The parts of a metric, one for each combination of labels that has occurred. */
export class ByLabels<Name extends string, Part> {
  private readonly parts = new Map<string, { labels: Labels<Name>; part: Part }>();

  constructor(
    private readonly names: readonly Name[],
    private readonly make: () => Part,
  ) {}

  /** The part with these labels, made the first time. */
  of(labels: Labels<Name>): Part {
    let key = '';
    // With its length each value is kept apart from the next, whatever it contains.
    for (const name of this.names) key += `${labels[name].length}:${labels[name]}`;
    const found = this.parts.get(key);
    if (found) return found.part;
    const part = this.make();
    this.parts.set(key, { labels, part });
    return part;
  }

  all(): Iterable<{ labels: Labels<Name>; part: Part }> {
    return this.parts.values();
  }
}
