import type { FaultKind } from './fault';
import type { InputKind } from './inputs/input';

/** What was sent, and what came back. */
export class Tally {
  inputs = 0;
  readonly kinds = new Map<InputKind, number>();
  readonly outcomes = new Map<string, number>();

  note(kind: InputKind, outcome: string): void {
    this.inputs += 1;
    increase(this.kinds, kind);
    increase(this.outcomes, outcome);
  }
}

/** One thing that went wrong, and what was sent when it did, if it was an input. */
export interface Failure {
  kind: FaultKind;
  text: string;
}

export interface Verdict {
  tally: Tally;
  failures: readonly Failure[];
  memoryBefore: number | null;
  memoryAfter: number | null;
  /** What the victim has sent, which was all found in its history. */
  victimMessages: number;
}

export function report({ tally, failures, memoryBefore, memoryAfter, victimMessages }: Verdict): string {
  const count = (kind: FaultKind) => failures.filter((failure) => failure.kind === kind).length;
  const wrong = count('wrongAnswer');
  return [
    ...failures.map(({ kind, text }) => `FAULT (${kind}) ${text}`),
    `inputs: ${listed(tally.kinds)}`,
    `answers: ${listed(tally.outcomes)}`,
    `memory of the server: ${memoryBefore ?? '?'} MB after the warm-up, ${memoryAfter ?? '?'} MB at the end`,
    `the victim’s messages: ${victimMessages}`,
    `${tally.inputs} inputs, ${count('crash')} crashes, ${count('serverError')} server errors, ${count('leak')} leaks${wrong > 0 ? `, ${wrong} wrong answers` : ''}`,
  ].join('\n');
}

function listed(counts: ReadonlyMap<string, number>): string {
  return [...counts]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}

function increase<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
