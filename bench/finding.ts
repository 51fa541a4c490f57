/** A row of the table that `npm run bench` prints. */
export interface Finding {
  /** The quantity, such as `start to listening, built`. */
  what: string;
  ours: string;
  /** The figure that ours is compared with. */
  compared: string;
  ratio: string;
  goal: string;
  isReached: boolean;
}

/** Turns a count or a duration into that of this run: the same one, or with `--tiny` a small part of it, but at least 1. */
export type Scale = (full: number) => number;

/** A program that measures one quantity. It reports progress to `log`. */
export interface Benchmark {
  name: string;
  run(log: (line: string) => void, scale: Scale): Promise<Finding[]>;
}
