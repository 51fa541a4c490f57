import fc from 'fast-check';
import { Attack } from './attack';
import { excerpt, Fault, faultKindOf, textOf } from './fault';
import { FuzzedServer } from './fuzzedServer';
import { anyInput } from './inputs/anyInput';
import { Lane } from './lane';
import { Stranger } from './stranger';
import type { Failure, Verdict } from './tally';
import { Victim } from './victim';

export interface FuzzOptions {
  inputs: number;
  seed: number;
  /** The server's program, where it isn't the built one. */
  command?: readonly string[];
  onProgress?: (inputs: number) => void;
}

/** How many send at the same time. */
const LANES = 4;
const MAX_GROWTH_MB = 150;

/** Sends inputs to a server of its own until there were enough, and says what came of it. */
export async function fuzz(options: FuzzOptions): Promise<Verdict> {
  const server = await FuzzedServer.start(options.command);
  const run = new FuzzRun(server);
  try {
    return await run.run(options);
  } finally {
    run.close();
    await server.remove();
  }
}

class FuzzRun {
  private readonly failures: Failure[] = [];
  private readonly open: { close(): void }[] = [];

  constructor(private readonly server: FuzzedServer) {}

  async run({ inputs, seed, onProgress }: FuzzOptions): Promise<Verdict> {
    const { url } = this.server;
    const victim = this.keep(await Victim.create(url));
    const stranger = this.keep(await Stranger.create(url));
    await victim.speak();
    const lanes = (await Lane.createAll(LANES, url, victim)).map((lane) => this.keep(lane));
    const attack = new Attack(this.server, victim, inputs, onProgress ?? (() => {}));
    await Promise.all(
      lanes.map((lane, index) =>
        this.fuzzLane(attack, lane, Math.floor((inputs + index) / LANES), seed + index),
      ),
    );
    const { tally, memoryBefore } = attack;
    const memoryAfter = this.server.memory();
    await this.judge(() => victim.audit());
    await this.judge(() => stranger.pry(victim.sessionId));
    await this.judge(async () => checkGrowth(memoryBefore, memoryAfter));
    await this.judge(async () => this.server.checkOutput());
    this.close();
    await this.judge(() => this.server.stop());
    const failures = this.failures.map((failure) => withInputs(failure, attack));
    return { tally, failures, memoryBefore, memoryAfter, victimMessages: victim.messagesSent };
  }

  close(): void {
    for (const part of this.open.splice(0)) part.close();
  }

  private keep<T extends { close(): void }>(part: T): T {
    this.open.push(part);
    return part;
  }

  private async fuzzLane(attack: Attack, lane: Lane, numRuns: number, seed: number): Promise<void> {
    const property = fc.asyncProperty(anyInput, (input) => attack.send(lane, input));
    const { failed, errorInstance, counterexample } = await fc.check(property, { seed, numRuns });
    if (!failed) return;
    const kind = faultKindOf(errorInstance);
    // A server ends once, however many lanes see it.
    if (kind === 'crash' && this.failures.some((failure) => failure.kind === kind)) return;
    const input = excerpt(fc.stringify(counterexample), 4000);
    this.failures.push({ kind, text: `${textOf(errorInstance)}\n  after ${input}` });
  }

  /** Of a server that has ended there is nothing more to say. */
  private async judge(check: () => Promise<void>): Promise<void> {
    if (this.server.hasEnded) return;
    try {
      await check();
    } catch (error) {
      this.failures.push({ kind: faultKindOf(error), text: textOf(error) });
    }
  }
}

function checkGrowth(before: number | null, after: number | null): void {
  if (before === null || after === null || after - before <= MAX_GROWTH_MB) return;
  throw new Fault('wrongAnswer', `the server grew from ${before} MB to ${after} MB`);
}

/** A crash is seen after the input that caused it, maybe by another lane. */
function withInputs({ kind, text }: Failure, attack: Attack): Failure {
  return {
    kind,
    text: kind === 'crash' ? `${text}\n  the last inputs before it:\n${attack.lastInputs()}` : text,
  };
}
