import fc from 'fast-check';
import { excerpt } from './fault';
import type { FuzzedServer } from './fuzzedServer';
import type { Input } from './inputs/input';
import type { Lane } from './lane';
import { Tally } from './tally';
import type { Victim } from './victim';

/** Inputs between two messages of the victim. */
const INPUTS_PER_MESSAGE = 100;
/** Inputs after which a server has its caches and its compiled code; of a long run, those of which it forgets some. */
const WARM_UP = 1_000;
const WARM_UP_SHARE = 5;
/** How long a smaller input is looked for that fails too. */
const SHRINKING_MS = 20_000;
/** Inputs that are told when the server has ended: the one that ended it is among them. */
const REMEMBERED = 12;

/** What all lanes do together: they send inputs, and let the victim speak in between. */
export class Attack {
  readonly tally = new Tally();
  memoryBefore: number | null = null;
  private readonly recent: Input[] = [];
  private readonly warmUp: number;
  private failedAt: number | null = null;

  constructor(
    private readonly server: FuzzedServer,
    private readonly victim: Victim,
    inputs: number,
    private readonly onProgress: (inputs: number) => void,
  ) {
    this.warmUp = Math.max(WARM_UP, Math.floor(inputs / WARM_UP_SHARE));
  }

  /** Nothing is sent to a server that has ended: it would fail whatever it is sent, and hide what ended it. */
  async send(lane: Lane, input: Input): Promise<void> {
    if (this.isOver()) return;
    this.remember(input);
    try {
      await this.exchange(lane, input);
    } catch (error) {
      this.failedAt ??= performance.now();
      // A server that has ended fails the connections that were open as well.
      await this.server.settle();
      this.server.checkAlive();
      throw error;
    }
  }

  lastInputs(): string {
    return this.recent.map((input) => `    ${excerpt(fc.stringify(input), 1000)}`).join('\n');
  }

  private async exchange(lane: Lane, input: Input): Promise<void> {
    const outcome = await lane.send(input);
    this.server.checkAlive();
    this.tally.note(input.kind, outcome);
    const { inputs } = this.tally;
    if (inputs === this.warmUp) this.memoryBefore = this.server.memory();
    if (inputs % INPUTS_PER_MESSAGE > 0) return;
    this.onProgress(inputs);
    await this.victim.speak();
  }

  private isOver(): boolean {
    const hasShrunk = this.failedAt !== null && performance.now() - this.failedAt > SHRINKING_MS;
    return this.server.hasEnded || hasShrunk;
  }

  private remember(input: Input): void {
    this.recent.push(input);
    if (this.recent.length > REMEMBERED) this.recent.shift();
  }
}
