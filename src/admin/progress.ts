import type { Steps } from './transfer/steps';

/** Where it is shown: `process.stdout`, or part of it. */
export interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** How often it is shown anew, in milliseconds: on a terminal so that it looks alive, in a log so that it can be read. */
const REDRAW_MS = 80;
const LINE_MS = 5_000;
const BAR_WIDTH = 30;
const NAME_WIDTH = 22;

interface Step {
  name: string;
  total: number;
  unit: string;
  done: number;
  startedAt: number;
  shownAt: number;
}

/** Shows how far a command is: a bar for each step on a terminal; elsewhere a line when it begins, goes on and ends. */
export class Progress implements Steps {
  private step: Step | null = null;

  constructor(
    private readonly screen: Screen,
    private readonly now: () => number = () => performance.now(),
  ) {}

  begin(name: string, total: number, unit: string): (done: number) => void {
    this.end();
    const step = { name, total, unit, done: 0, startedAt: this.now(), shownAt: 0 };
    this.step = step;
    this.show(step);
    return (done) => this.advance(step, done);
  }

  /** Leaves the line of the step that is shown, so that other text can follow. */
  end(): void {
    if (this.step && this.screen.isTTY) this.screen.write('\n');
    this.step = null;
  }

  private advance(step: Step, done: number): void {
    step.done = done;
    const isDone = done >= step.total;
    const pause = this.screen.isTTY ? REDRAW_MS : LINE_MS;
    if (this.step !== step || (!isDone && this.now() - step.shownAt < pause)) return;
    this.show(step);
    if (isDone) this.end();
  }

  private show(step: Step): void {
    step.shownAt = this.now();
    const seconds = (step.shownAt - step.startedAt) / 1000;
    if (this.screen.isTTY) {
      this.screen.write(`\r\x1b[2K${barOf(step, seconds).slice(0, this.screen.columns)}`);
    } else {
      this.screen.write(`${step.name}: ${amountOf(step)}${timeOf(step, seconds)}\n`);
    }
  }
}

function barOf(step: Step, seconds: number): string {
  const share = step.total === 0 ? 1 : Math.min(step.done / step.total, 1);
  const full = Math.floor(share * BAR_WIDTH);
  const bar = '█'.repeat(full) + '░'.repeat(BAR_WIDTH - full);
  const percent = String(Math.floor(share * 100)).padStart(3);
  return `${step.name.padEnd(NAME_WIDTH)} ${bar} ${percent} %  ${amountOf(step)}${timeOf(step, seconds)}`;
}

function amountOf({ done, total, unit }: Step): string {
  return `${grouped(done)} of ${grouped(total)} ${unit}`;
}

/** How long it took, or what is left if it goes on as it did so far. */
function timeOf({ done, total }: Step, seconds: number): string {
  if (done >= total) return `, ${seconds.toFixed(1)} s`;
  if (done === 0 || seconds < 1) return '';
  return `, ${Math.ceil((seconds / done) * (total - done))} s left`;
}

/** 1234567 as 1,234,567. */
export function grouped(value: number): string {
  return value.toLocaleString('en-US');
}
