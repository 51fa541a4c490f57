import { Account, PASSWORD } from '../../testkit/account';
import { seedUsers } from '../../testkit/seeding';
import { inTemporaryFolder, stopProcess } from '../../testkit/serverProcess';
import type { Benchmark } from '../finding';
import { generate } from '../load/generate';
import { startOurs } from '../support/servers';
import { compare, format, type Pair } from '../support/statistics';

const CONNECTIONS = 50;
const PER_SECOND = 500;
const LOGINS = 10;
const ROUNDS = 5;
const GOAL = 1.5;

/** Measures how far concurrent logins, with the password hash of production, slow down the echo. */
export const loginStorm: Benchmark = {
  name: 'login-storm',
  run: (log, scale) =>
    inTemporaryFolder(async (directory) => {
      const users = await seedUsers(directory, scale(CONNECTIONS));
      const server = startOurs(directory);
      const url = await server.listening;
      const { user } = (await Account.signUp(url)).login;
      const p99 = async () => {
        const load = { kind: 'open', perSecond: PER_SECOND } as const;
        const plan = { url, users, warmUpMs: scale(1_000), measureMs: scale(4_000), load };
        return (await generate(plan)).p99;
      };
      const pairs: Pair[] = [];
      for (let round = 0; round < scale(ROUNDS); round += 1) {
        const other = await p99();
        const ours = await whileLoggingIn(url, user.email, p99);
        log(`p99 of the echo ${ours.toFixed(2)} ms, without logins ${other.toFixed(2)} ms`);
        pairs.push({ ours, other });
      }
      await stopProcess(server);
      const { ours, other, ratio } = compare(pairs);
      return [
        {
          what: `p99 of the echo at ${PER_SECOND} a second while ${LOGINS} logins hash concurrently`,
          ours: format(ours, 1, ' ms'),
          compared: `${format(other, 1, ' ms')} without logins`,
          ratio: format(ratio, 1),
          goal: `≤ ${GOAL}`,
          isReached: ratio.median <= GOAL,
        },
      ];
    }),
};

/** Runs `work` while this number of clients log in again and again. */
async function whileLoggingIn<T>(url: string, email: string, work: () => Promise<T>): Promise<T> {
  let isDone = false;
  const logInRepeatedly = async () => {
    while (!isDone) {
      const body = JSON.stringify({ email, password: PASSWORD });
      const headers = { 'Content-Type': 'application/json' };
      const { status } = await fetch(`${url}/api/auth/login`, { method: 'POST', headers, body });
      if (status !== 200) throw new Error(`A login was answered with status ${status}`);
    }
  };
  const logins = Array.from({ length: LOGINS }, logInRepeatedly);
  try {
    return await work();
  } finally {
    isDone = true;
    await Promise.all(logins);
  }
}
