/** The same quantity, measured in the same round for our server and for the one it is compared with. */
export interface Pair<T = number> {
  ours: T;
  other: T;
}

/** The same figure from several rounds. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** The spread of at least one value. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  return { median: at(Math.floor(sorted.length / 2)), min: at(0), max: at(sorted.length - 1) };
}

/** The spreads of both figures, and of their ratios per round: other load on the machine affects both sides of a round. */
export function compare(pairs: readonly Pair[]) {
  return {
    ours: spreadOf(pairs.map(({ ours }) => ours)),
    other: spreadOf(pairs.map(({ other }) => other)),
    ratio: spreadOf(pairs.map(({ ours, other }) => ours / other)),
  };
}

/** Formats as `median (min–max)`, with this number of decimal places. */
export function format({ median, min, max }: Spread, decimals = 0, unit = ''): string {
  const number = (value: number) =>
    value.toLocaleString('en', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  return `${number(median)}${unit} (${number(min)}–${number(max)})`;
}
