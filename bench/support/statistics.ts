/** The same figure from several rounds. */
export interface Spread {
  median: number;
  least: number;
  most: number;
}

/** Of at least one value. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  return { median: at(Math.floor(sorted.length / 2)), least: at(0), most: at(sorted.length - 1) };
}

/** Both figures of each round, and their ratio in the same round: what else the machine does hits both. */
export function compare(pairs: readonly { ours: number; other: number }[]) {
  return {
    ours: spreadOf(pairs.map(({ ours }) => ours)),
    other: spreadOf(pairs.map(({ other }) => other)),
    ratio: spreadOf(pairs.map(({ ours, other }) => ours / other)),
  };
}

/** `median (least–most)`, rounded to so many digits after the point. */
export function show({ median, least, most }: Spread, digits = 0, unit = ''): string {
  const number = (value: number) =>
    value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${number(median)}${unit} (${number(least)}–${number(most)})`;
}
