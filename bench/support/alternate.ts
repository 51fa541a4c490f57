import { seedUsers } from '../../testkit/seeding';
import { inTemporaryFolder, stopProcess } from '../../testkit/serverProcess';
import type { Scale } from '../finding';
import type { LoadUser } from '../load/plan';
import { startBare, startOurs } from './servers';
import type { Pair } from './statistics';

const ROUNDS = 5;

type Measure = (url: string, users: readonly LoadUser[]) => Promise<number>;

/** Measures our server and the bare one alternately, in several rounds. Both run all the time; one of them is idle. */
export function alternate(connections: number, scale: Scale, measure: Measure): Promise<Pair[]> {
  return inTemporaryFolder(async (directory) => {
    const users = await seedUsers(directory, scale(connections));
    const [ours, bare] = [startOurs(directory), startBare(directory)];
    try {
      const [url, bareUrl] = await Promise.all([ours.listening, bare.listening]);
      const pairs: Pair[] = [];
      for (let round = 0; round < scale(ROUNDS); round += 1) {
        const other = await measure(bareUrl, withoutTokens(users));
        pairs.push({ ours: await measure(url, users), other });
      }
      return pairs;
    } finally {
      await Promise.all([stopProcess(ours), stopProcess(bare)]);
    }
  });
}

/** The same users for the bare server, which has no login. */
export function withoutTokens(users: readonly LoadUser[]): LoadUser[] {
  return users.map(({ sessionId }) => ({ token: null, sessionId }));
}
