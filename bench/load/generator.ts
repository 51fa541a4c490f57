/** The load generator, a process of its own: it sends as its plan says, and checks that every answer is right and none is missing. */
import { FrameSocket } from './frameSocket';
import { Lane, type Verdict } from './lane';
import type { Outcome, Plan } from './plan';

/** How long what is still under way at the end may take, in milliseconds. */
const PATIENCE_MS = 60_000;
const TICK_MS = 1;

class Generator {
  private readonly lanes: Lane[] = [];
  private readonly latencies: number[] = [];
  private readonly counts: Record<Verdict, number> = { answered: 0, refused: 0, wrong: 0 };
  private measuringSince = Number.POSITIVE_INFINITY;
  private measuringUntil = Number.POSITIVE_INFINITY;
  private answeredInTime = 0;
  private afterAnswer: (lane: Lane) => void = () => {};

  constructor(private readonly plan: Plan) {}

  async run(): Promise<Outcome> {
    for (const sender of this.plan.senders) {
      const socket = await FrameSocket.open(this.plan.url, sender.token);
      const lane: Lane = new Lane(socket, sender, this.plan.withAcks, (verdict, dueAt) => {
        this.count(verdict, dueAt);
        this.afterAnswer(lane);
      });
      this.lanes.push(lane);
    }
    const start = performance.now();
    this.measuringSince = start + this.plan.warmUpMs;
    this.measuringUntil = this.measuringSince + this.plan.measureMs;
    await (this.plan.load.kind === 'closed'
      ? this.keepUnderWay(this.plan.load.inFlight)
      : this.sendAtRate(this.plan.load.perSecond, start));
    await this.rest();
    const missing = this.underWay();
    for (const lane of this.lanes) lane.close();
    return this.outcome(missing);
  }

  private count(verdict: Verdict, dueAt: number): void {
    const now = performance.now();
    if (verdict === 'answered' && this.isMeasured(now)) this.answeredInTime += 1;
    if (verdict !== 'wrong' && !this.isMeasured(dueAt)) return;
    this.counts[verdict] += 1;
    this.latencies.push(now - dueAt);
  }

  private isMeasured(time: number): boolean {
    return time >= this.measuringSince && time < this.measuringUntil;
  }

  private keepUnderWay(inFlight: number): Promise<void> {
    return new Promise((resolve) => {
      this.afterAnswer = (lane) => {
        const now = performance.now();
        if (now < this.measuringUntil) lane.send(now);
        else resolve();
      };
      for (const lane of this.lanes) {
        for (let count = 0; count < inFlight; count += 1) lane.send(performance.now());
      }
    });
  }

  /** Sends what is due, whatever has been answered. */
  private sendAtRate(perSecond: number, start: number): Promise<void> {
    const dueAt = (index: number) => start + (index / perSecond) * 1000;
    let sent = 0;
    const sendDue = (now: number) => {
      for (; dueAt(sent) <= now && dueAt(sent) < this.measuringUntil; sent += 1) {
        this.lanes[sent % this.lanes.length]?.send(dueAt(sent));
      }
    };
    return new Promise((resolve) => {
      const tick = setInterval(() => {
        const now = performance.now();
        sendDue(now);
        if (now < this.measuringUntil) return;
        clearInterval(tick);
        resolve();
      }, TICK_MS);
    });
  }

  /** Resolves when nothing is under way, or when it has taken too long. */
  private rest(): Promise<void> {
    return new Promise((resolve) => {
      const late = setTimeout(resolve, PATIENCE_MS);
      const look = () => {
        if (this.underWay() > 0) return;
        clearTimeout(late);
        resolve();
      };
      this.afterAnswer = look;
      look();
    });
  }

  private underWay(): number {
    return this.lanes.reduce((sum, lane) => sum + lane.underWay, 0);
  }

  private outcome(missing: number): Outcome {
    const sorted = Float64Array.from(this.latencies).sort();
    const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
    return {
      ...this.counts,
      missing,
      perSecond: this.answeredInTime / (this.plan.measureMs / 1000),
      p50: at(0.5),
      p99: at(0.99),
      longest: at(1),
    };
  }
}

async function main(): Promise<void> {
  const plan: Plan = JSON.parse(process.argv[2] ?? '');
  process.stdout.write(JSON.stringify(await new Generator(plan).run()));
}

void main();
