/** Shows how far a piece of work is. */
export interface Steps {
  /** Begins the next step. The answer is to be called with how much of the `total` is done, in `unit`s. */
  begin(name: string, total: number, unit: string): (done: number) => void;
}
