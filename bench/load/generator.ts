/** The load generator: sends messages as its plan says, and checks every response. */
import { setTimeout as elapse } from 'node:timers/promises';
import { cpuSecondsIn } from '../support/process';
import { FrameSocket } from './frameSocket';
import { LoadClient, type ResponseKind } from './loadClient';
import type { LoadPlan, LoadResult } from './plan';

/** How long the last responses may take after the end, in milliseconds. */
const DRAIN_TIMEOUT_MS = 60_000;
const TICK_MS = 1;
/** How late timers of Node.js are at most without other load, in milliseconds. */
const TIMER_DELAY_MS = 2;

class Generator {
  private readonly clients: LoadClient[] = [];
  private readonly latencies: number[] = [];
  private readonly counts: Record<ResponseKind, number> = { answered: 0, refused: 0, wrong: 0 };
  private measureFrom = Number.POSITIVE_INFINITY;
  private measureUntil = Number.POSITIVE_INFINITY;
  private answeredInTime = 0;
  private answeredInAll = 0;
  private afterResponse: (client: LoadClient) => void = () => {};

  constructor(private readonly plan: LoadPlan) {}

  async run(): Promise<LoadResult> {
    for (const user of this.plan.users) {
      const socket = await FrameSocket.open(this.plan.url, user.token);
      const client: LoadClient = new LoadClient(socket, user, this.plan, (kind, dueAt) => {
        this.count(kind, dueAt);
        this.afterResponse(client);
      });
      this.clients.push(client);
    }
    const start = performance.now();
    this.measureFrom = start + this.plan.warmUpMs;
    this.measureUntil = this.measureFrom + this.plan.measureMs;
    const cpu = this.measureCpu();
    await (this.plan.load.kind === 'closed'
      ? this.keepInFlight(this.plan.load.inFlight)
      : this.sendAtRate(this.plan.load.perSecond, start));
    await this.drain();
    const missing = this.inFlight();
    for (const client of this.clients) client.close();
    return this.result(missing, await cpu);
  }

  private count(kind: ResponseKind, dueAt: number): void {
    const now = performance.now();
    if (kind === 'answered') this.answeredInAll += 1;
    if (kind === 'answered' && this.isMeasured(now)) this.answeredInTime += 1;
    if (kind !== 'wrong' && !this.isMeasured(dueAt)) return;
    this.counts[kind] += 1;
    this.latencies.push(now - dueAt);
  }

  private isMeasured(time: number): boolean {
    return time >= this.measureFrom && time < this.measureUntil;
  }

  /** The CPU time of the server for each response from the end of the warm-up to the end of the measurement, in microseconds. */
  private async measureCpu(): Promise<number | null> {
    const { cpuFile, warmUpMs, measureMs } = this.plan;
    if (cpuFile === undefined) return null;
    await elapse(warmUpMs);
    const [seconds, answered] = [cpuSecondsIn(cpuFile), this.answeredInAll];
    await elapse(measureMs);
    return ((cpuSecondsIn(cpuFile) - seconds) / (this.answeredInAll - answered)) * 1e6;
  }

  private keepInFlight(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.afterResponse = (client) => {
        const now = performance.now();
        if (now < this.measureUntil) client.send(now);
        else resolve();
      };
      for (const client of this.clients) {
        for (let sent = 0; sent < count; sent += 1) client.send(performance.now());
      }
    });
  }

  /** Sends each message when it is due, without waiting for responses. */
  private sendAtRate(perSecond: number, start: number): Promise<void> {
    const dueAt = (index: number) => start + (index / perSecond) * 1000;
    let sent = 0;
    const sendDue = (now: number) => {
      for (; dueAt(sent) <= now && dueAt(sent) < this.measureUntil; sent += 1) {
        // A message that only a timer delayed counts from now. A longer delay means that the server took the CPU.
        const isInTime = now - dueAt(sent) <= TIMER_DELAY_MS;
        this.clients[sent % this.clients.length]?.send(isInTime ? now : dueAt(sent));
      }
    };
    return new Promise((resolve) => {
      const tick = setInterval(() => {
        const now = performance.now();
        sendDue(now);
        if (now < this.measureUntil) return;
        clearInterval(tick);
        resolve();
      }, TICK_MS);
    });
  }

  /** Resolves when nothing is in flight, or after a timeout. */
  private drain(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, DRAIN_TIMEOUT_MS);
      const check = () => {
        if (this.inFlight() > 0) return;
        clearTimeout(timer);
        resolve();
      };
      this.afterResponse = check;
      check();
    });
  }

  private inFlight(): number {
    return this.clients.reduce((sum, client) => sum + client.inFlight, 0);
  }

  private result(missing: number, cpuMicroseconds: number | null): LoadResult {
    const sorted = Float64Array.from(this.latencies).sort();
    const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
    return {
      ...this.counts,
      missing,
      cpuMicroseconds,
      perSecond: this.answeredInTime / (this.plan.measureMs / 1000),
      p50: at(0.5),
      p99: at(0.99),
      longest: at(1),
    };
  }
}

async function main(): Promise<void> {
  const plan: LoadPlan = JSON.parse(process.argv[2] ?? '');
  process.stdout.write(JSON.stringify(await new Generator(plan).run()));
}

void main();
