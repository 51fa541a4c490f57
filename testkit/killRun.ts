import { randomUUID } from 'node:crypto';
import { Account } from './account';
import type { KilledServer } from './killedServer';
import { Observer } from './observer';
import type { Random } from './random';
import { Sender } from './sender';
import { soon } from './soon';
import { add, EMPTY_VERDICT, judge, type Verdict } from './verdict';

/** How many send how much at once. */
export interface Load {
  users: number;
  sessionsEach: number;
  sendersEach: number;
  inFlightEach: number;
}

export const HEAVY_LOAD: Load = { users: 4, sessionsEach: 2, sendersEach: 2, inFlightEach: 4 };
/** For the MongoDB stand-in, whose every write reads all that is stored. */
export const LIGHT_LOAD: Load = { users: 1, sessionsEach: 2, sendersEach: 2, inFlightEach: 1 };

/** How long a server serves before it is killed, in milliseconds. */
const LIFE_MS = { min: 50, max: 1_000 };

/**
 * Kills a server under load, at random moments, and starts it again; afterwards compares what was acknowledged and seen with
 * what is stored. The server must be fresh and running.
 */
export async function runKills(
  server: KilledServer,
  kills: number,
  load: Load,
  random: Random,
  onKill: (count: number) => void = () => {},
): Promise<Verdict> {
  const users = await Promise.all(
    Array.from({ length: load.users }, () => User.create(server.url, load, random)),
  );
  for (const { senders } of users) for (const sender of senders) sender.start(load.inFlightEach);
  for (let count = 1; count <= kills; count += 1) {
    await life(random.between(LIFE_MS.min, LIFE_MS.max));
    await server.end('SIGKILL');
    await server.start();
    onKill(count);
  }
  const verdicts = await Promise.all(users.map((user) => user.finish()));
  return verdicts.reduce(add, EMPTY_VERDICT);
}

/** The one thing here that is a matter of time: when the next crash comes. */
function life(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

/** A user with several devices: some send to all sessions, one listens to each. */
class User {
  private constructor(
    private readonly account: Account,
    readonly senders: readonly Sender[],
    private readonly observers: ReadonlyMap<string, Observer>,
  ) {}

  static async create(url: string, load: Load, random: Random): Promise<User> {
    const account = await Account.signUp(url);
    const sessionIds = Array.from({ length: load.sessionsEach }, () => randomUUID());
    const senders = Array.from({ length: load.sendersEach }, () => new Sender(account, sessionIds, random));
    const observers = new Map(sessionIds.map((id) => [id, new Observer(account, id)]));
    return new User(account, senders, observers);
  }

  async finish(): Promise<Verdict> {
    await Promise.all(this.senders.map((sender) => sender.stop()));
    const acknowledged = this.senders.flatMap((sender) => sender.acknowledged);
    let verdict = EMPTY_VERDICT;
    for (const [sessionId, observer] of this.observers) {
      const ofSession = acknowledged.filter((message) => message.sessionId === sessionId);
      // Each acknowledged message is answered sooner or later; the device that listens knows when.
      await soon('a device to see every reply', observer.untilComplete(ofSession.length * 2));
      const history = await this.account.history(sessionId);
      verdict = add(verdict, judge(history, ofSession, observer.seen));
      verdict.misseen += observer.faults;
      observer.close();
    }
    return verdict;
  }
}
