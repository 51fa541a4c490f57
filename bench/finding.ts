/** A line of the table. */
export interface Finding {
  what: string;
  ours: string;
  /** What it is compared with. */
  compared: string;
  ratio: string;
  goal: string;
  isReached: boolean;
}

/** A program that measures one thing. `tell` shows what it is doing. */
export interface Benchmark {
  name: string;
  run(tell: (line: string) => void): Promise<Finding[]>;
}
