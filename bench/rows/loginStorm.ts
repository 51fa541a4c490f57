import { Account } from '../../testkit/account';
import { populate } from '../../testkit/seeding';
import type { Benchmark } from '../finding';
import { generate } from '../load/generate';
import { inFolder, startOurs, stop } from '../support/servers';
import { compare, show } from '../support/statistics';

const CONNECTIONS = 50;
const PER_SECOND = 500;
const LOGINS = 10;
const ROUNDS = 5;
const GOAL = 2;

/** Whether people who log in slow down those who chat: at the cost that passwords are hashed with in production. */
export const loginStorm: Benchmark = {
  name: 'login-storm',
  run: (tell) =>
    inFolder(async (directory) => {
      const senders = await populate(directory, CONNECTIONS);
      const server = startOurs(directory);
      const url = await server.listening;
      const { user } = (await Account.signUp(url)).login;
      const p99 = async () => {
        const load = { kind: 'open', perSecond: PER_SECOND } as const;
        const plan = { url, senders, warmUpMs: 1_000, measureMs: 4_000, load, withAcks: false };
        return (await generate(plan)).p99;
      };
      const pairs: { ours: number; other: number }[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        const other = await p99();
        const ours = await whileLoggingIn(url, user.email, p99);
        tell(`99 % of the echoes in ${ours.toFixed(2)} ms, without logins in ${other.toFixed(2)} ms`);
        pairs.push({ ours, other });
      }
      await stop(server);
      const { ours, other, ratio } = compare(pairs);
      return [
        {
          what: `p99 of the echo at ${PER_SECOND} a second while ${LOGINS} logins hash at once`,
          ours: show(ours, 1, ' ms'),
          compared: `${show(other, 1, ' ms')} without logins`,
          ratio: show(ratio, 1),
          goal: `≤ ${GOAL}`,
          isReached: ratio.median <= GOAL,
        },
      ];
    }),
};

async function whileLoggingIn<T>(url: string, email: string, work: () => Promise<T>): Promise<T> {
  let isDone = false;
  const logInAgainAndAgain = async () => {
    while (!isDone) {
      const body = JSON.stringify({ email, password: 'correct horse battery' });
      const headers = { 'Content-Type': 'application/json' };
      const { status } = await fetch(`${url}/api/auth/login`, { method: 'POST', headers, body });
      if (status !== 200) throw new Error(`a login answered ${status}`);
    }
  };
  const logins = Array.from({ length: LOGINS }, logInAgainAndAgain);
  try {
    return await work();
  } finally {
    isDone = true;
    await Promise.all(logins);
  }
}
