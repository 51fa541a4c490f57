import { randomUUID } from 'node:crypto';
import { Account, type AccountOptions } from './account';
import { Observer } from './observer';
import type { Random } from './random';
import { Sender } from './sender';
import type { RestartableServer } from './serverProcess';
import { addVerdicts, EMPTY_VERDICT, judge, type Verdict } from './verdict';
import { expectSoon } from './waiting';

/** The number of users, and of sessions, sending devices and messages in flight that each has. */
export interface Load {
  users: number;
  sessionsEach: number;
  sendersEach: number;
  inFlightEach: number;
}

export const HEAVY_LOAD: Load = { users: 4, sessionsEach: 2, sendersEach: 2, inFlightEach: 4 };
/** For databases that get slower with each message, such as an in-memory stand-in for MongoDB. */
export const LIGHT_LOAD: Load = { users: 1, sessionsEach: 2, sendersEach: 2, inFlightEach: 1 };

/** How long a server runs before it is killed, in milliseconds. */
const LIFETIME_MS = { min: 50, max: 1_000 };

export interface KillRunOptions {
  kills: number;
  load: Load;
  random: Random;
  /** Receives the number of kills so far. */
  onKill?: (count: number) => void;
  /** Observes the traffic of all users. */
  account?: AccountOptions;
}

/**
 * Kills a server under load at random moments and starts it again. Afterwards compares the acknowledged and seen messages with
 * the stored ones. The server must be running.
 */
export async function runKills(server: RestartableServer, options: KillRunOptions): Promise<Verdict> {
  const { kills, load, random, onKill, account } = options;
  const users = await Promise.all(
    Array.from({ length: load.users }, async () => {
      return new User(await Account.signUp(server.url, account), load, random);
    }),
  );
  for (const { senders } of users) for (const sender of senders) sender.start(load.inFlightEach);
  for (let count = 1; count <= kills; count += 1) {
    await pause(random.between(LIFETIME_MS.min, LIFETIME_MS.max));
    await server.end('SIGKILL');
    await server.start();
    onKill?.(count);
  }
  const verdicts = await Promise.all(users.map((user) => user.finish()));
  return verdicts.reduce(addVerdicts, EMPTY_VERDICT);
}

/** Only the moment of a kill depends on the clock. */
function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

/** A user with several devices: some send to all sessions, and one listens to each session. */
class User {
  readonly senders: readonly Sender[];
  private readonly observers: ReadonlyMap<string, Observer>;

  constructor(
    private readonly account: Account,
    load: Load,
    random: Random,
  ) {
    const sessionIds = Array.from({ length: load.sessionsEach }, () => randomUUID());
    this.senders = Array.from({ length: load.sendersEach }, () => new Sender(account, sessionIds, random));
    this.observers = new Map(sessionIds.map((id) => [id, new Observer(account, id)]));
  }

  /** Stops sending, waits for all replies, and compares. */
  async finish(): Promise<Verdict> {
    await Promise.all(this.senders.map((sender) => sender.stop()));
    const acknowledged = this.senders.flatMap((sender) => sender.acknowledged);
    let verdict = EMPTY_VERDICT;
    for (const [sessionId, observer] of this.observers) {
      const ofSession = acknowledged.filter((message) => message.sessionId === sessionId);
      await untilNothingComes(observer, ofSession.length * 2);
      const history = await this.account.history(sessionId);
      const { misseen, ...counts } = judge(history, ofSession, observer.seen);
      verdict = addVerdicts(verdict, { ...counts, misseen: misseen + observer.faults });
      observer.close();
    }
    return verdict;
  }
}

/** A backlog of replies may take long to make, so only a device that receives nothing any more is given up. The verdict counts what it misses. */
async function untilNothingComes(observer: Observer, seq: number): Promise<void> {
  for (let before = -1; observer.complete < seq && observer.complete > before; ) {
    before = observer.complete;
    await expectSoon('a device to receive every reply', observer.untilComplete(seq)).catch(() => {});
  }
}
