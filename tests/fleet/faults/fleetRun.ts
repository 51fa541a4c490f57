import { randomUUID } from 'node:crypto';
import { Account } from '../../../testkit/account';
import { times } from '../../../testkit/builders';
import type { Random } from '../../../testkit/random';
import { addVerdicts, EMPTY_VERDICT, isClean, judge, type Verdict } from '../../../testkit/verdict';
import { expectSoon } from '../../../testkit/waiting';
import { Churn } from './churn';
import { Cluster } from './cluster';
import { type Board, Device } from './device';
import { Logouts } from './logouts';
import { describeStep, runStep, type Step } from './plan';
import { TypedDevice } from './typedDevice';

const SESSIONS_EACH = 2;
const DEVICES_EACH = 3;
/** A message that no hint announces is found by the check of positions, each 5 s, after the trouble of any node is over. */
const DELIVERY_BOUND_MS = 6_000;

/** Every count but those of what was done must be 0. */
export interface FleetVerdict extends Verdict {
  /** Events and acknowledgements that reached a device out of order, and other wrong events. */
  disordered: number;
  logouts: number;
  longestLogoutMs: number;
  /** Sockets that outlived their logout, and what they could still do. */
  lateLogouts: number;
  recreated: number;
  /** What was wrong in sessions that were deleted and recreated. */
  mixedUp: number;
  slowestDeliveryMs: number;
  lateDeliveries: number;
  /** Nodes that ended by themselves, or not gracefully when they were asked to. */
  crashes: number;
}

export interface FleetRunOptions {
  directory: string;
  mongoUrl: string;
  users: number;
  steps: readonly Step[];
  /** Decides what the devices do. */
  random: Random;
  /** The value of `RESPONDER`. */
  responder: string;
  /** Receives a line for each fault, and for each thing that was wrong. */
  log(line: string): void;
}

/** Breaks nodes, Redis and the database under load, repairs all, and compares what devices have received with what is stored. */
export async function runFleetFaults(options: FleetRunOptions): Promise<FleetVerdict> {
  const { directory, mongoUrl, users, steps, random, responder, log } = options;
  const cluster = await Cluster.start(directory, mongoUrl, { RESPONDER: responder });
  try {
    const created = await Promise.all(times(users, () => User.create(cluster, random)));
    await Promise.all(created.map((user) => user.start()));
    const started = performance.now();
    for (const [index, step] of steps.entries()) {
      const seconds = Math.round((performance.now() - started) / 1_000);
      log(`${seconds} s, ${index + 1} of ${steps.length}: ${describeStep(step)}`);
      await runStep(cluster, step);
    }
    const verdicts = await Promise.all(created.map((user) => user.finish(log)));
    const wrong = await cluster.stopNodes();
    for (const line of wrong) log(line);
    return verdicts.reduce(addFleetVerdicts, { ...EMPTY_FLEET_VERDICT, crashes: wrong.length });
  } finally {
    await cluster.end();
  }
}

export const EMPTY_FLEET_VERDICT: FleetVerdict = {
  ...EMPTY_VERDICT,
  disordered: 0,
  logouts: 0,
  longestLogoutMs: 0,
  lateLogouts: 0,
  recreated: 0,
  mixedUp: 0,
  slowestDeliveryMs: 0,
  lateDeliveries: 0,
  crashes: 0,
};

export function addFleetVerdicts(one: FleetVerdict, other: FleetVerdict): FleetVerdict {
  return {
    ...addVerdicts(one, other),
    disordered: one.disordered + other.disordered,
    logouts: one.logouts + other.logouts,
    longestLogoutMs: Math.max(one.longestLogoutMs, other.longestLogoutMs),
    lateLogouts: one.lateLogouts + other.lateLogouts,
    recreated: one.recreated + other.recreated,
    mixedUp: one.mixedUp + other.mixedUp,
    slowestDeliveryMs: Math.max(one.slowestDeliveryMs, other.slowestDeliveryMs),
    lateDeliveries: one.lateDeliveries + other.lateDeliveries,
    crashes: one.crashes + other.crashes,
  };
}

/** True if the run acknowledged messages and broke no guarantee. */
export function isFleetClean(verdict: FleetVerdict): boolean {
  const { disordered, lateLogouts, mixedUp, lateDeliveries, crashes } = verdict;
  return isClean(verdict) && disordered + lateLogouts + mixedUp + lateDeliveries + crashes === 0;
}

interface Watched {
  board: Board;
  devices: (Device | TypedDevice)[];
}

/** A user with several devices in each of several sessions, one that logs in and out, and one that recreates sessions. */
class User {
  private constructor(
    private readonly cluster: Cluster,
    private readonly account: Account,
    private readonly sessions: ReadonlyMap<string, Watched>,
    private readonly logouts: Logouts,
    private readonly churn: Churn,
  ) {}

  static async create(cluster: Cluster, random: Random): Promise<User> {
    const account = (await Account.signUp(cluster.node(0).url)).at(cluster.url);
    const sessions = times(SESSIONS_EACH, (index): [string, Watched] => {
      const sessionId = randomUUID();
      const board: Board = { acknowledged: [], times: new Map() };
      const devices = times(DEVICES_EACH, () => new Device(account, sessionId, board, random));
      const typed = index === 0 ? [new TypedDevice(account, sessionId, board, random)] : [];
      return [sessionId, { board, devices: [...devices, ...typed] }];
    });
    const [logouts, churn] = [new Logouts(cluster, account, random), new Churn(cluster, account, random)];
    return new User(cluster, account, new Map(sessions), logouts, churn);
  }

  async start(): Promise<void> {
    for (const { devices } of this.sessions.values()) for (const device of devices) await device.start();
    this.logouts.start();
    this.churn.start();
  }

  /** Stops sending, waits for all replies, and compares. */
  async finish(log: (line: string) => void): Promise<FleetVerdict> {
    const { logouts, churn } = this;
    await Promise.all([logouts.stop(), churn.stop()]);
    let verdict: FleetVerdict = {
      ...EMPTY_FLEET_VERDICT,
      logouts: logouts.count,
      longestLogoutMs: logouts.longestMs,
      lateLogouts: logouts.faults.length,
      recreated: churn.count,
      mixedUp: churn.faults.length,
    };
    for (const fault of [...logouts.faults, ...churn.faults]) log(fault);
    for (const [sessionId, watched] of this.sessions) {
      verdict = addFleetVerdicts(verdict, await this.compare(sessionId, watched, log));
    }
    return verdict;
  }

  private async compare(
    sessionId: string,
    { board, devices }: Watched,
    log: (line: string) => void,
  ): Promise<FleetVerdict> {
    await Promise.all(devices.map((device) => device.stop()));
    const { acknowledged } = board;
    const complete = devices.map((device) => device.untilComplete(acknowledged.length * 2));
    await expectSoon(`all devices to receive every reply in ${sessionId}`, Promise.all(complete)).catch(
      (error: Error) => log(error.message),
    );
    const history = await this.account.history(sessionId);
    let verdict = EMPTY_FLEET_VERDICT;
    for (const [index, device] of devices.entries()) {
      const { misseen, ...counts } = judge(history, acknowledged, device.seen);
      // What is stored is the same for all devices.
      const stored = index === 0 ? counts : EMPTY_VERDICT;
      if (device instanceof Device) device.checkSkipped(history);
      const deliveries = device instanceof Device ? device.deliveries : [];
      const delays = deliveries.map(
        ({ ackedAt, seenAt }) => seenAt - Math.max(ackedAt, this.cluster.endOfTrouble(seenAt)),
      );
      verdict = addFleetVerdicts(verdict, {
        ...EMPTY_FLEET_VERDICT,
        ...stored,
        misseen,
        disordered: device.faults.length,
        slowestDeliveryMs: Math.max(0, ...delays),
        lateDeliveries: delays.filter((delay) => delay > DELIVERY_BOUND_MS).length,
      });
      for (const fault of device.faults) log(`${sessionId}: ${fault}`);
      device.close();
    }
    return verdict;
  }
}

/** The figures of a run in one line. */
export function summarize(faults: number, verdict: FleetVerdict): string {
  const { acknowledged, lost, doubled, gaps, unanswered, misseen, disordered } = verdict;
  const {
    logouts,
    longestLogoutMs,
    lateLogouts,
    recreated,
    mixedUp,
    slowestDeliveryMs,
    lateDeliveries,
    crashes,
  } = verdict;
  return [
    `${faults} faults, ${acknowledged} acknowledged, ${lost} lost, ${doubled} doubled, ${gaps} gaps`,
    `${unanswered} unanswered, ${misseen} misseen, ${disordered} out of order`,
    `${logouts} logouts, ${lateLogouts} late, longest ${Math.round(longestLogoutMs)} ms`,
    `${recreated} sessions recreated, ${mixedUp} mixed up`,
    `slowest delivery ${Math.round(slowestDeliveryMs)} ms, ${lateDeliveries} late, ${crashes} crashes`,
  ].join(', ');
}
