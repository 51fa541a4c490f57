import { populate } from '../../testkit/seeding';
import type { Sender } from '../load/plan';
import { inFolder, startBare, startOurs, stop } from './servers';

const ROUNDS = 5;

type Measure = (url: string, senders: readonly Sender[]) => Promise<number>;

/** Measures ours and the bare server in turns, several times; both run all the time, the one that isn't measured idle. */
export function alternate(connections: number, measure: Measure): Promise<{ ours: number; other: number }[]> {
  return inFolder(async (directory) => {
    const senders = await populate(directory, connections);
    const strangers = senders.map(({ sessionId }) => ({ token: null, sessionId }));
    const [ours, bare] = [startOurs(directory), startBare(directory)];
    try {
      const [url, bareUrl] = await Promise.all([ours.listening, bare.listening]);
      const pairs: { ours: number; other: number }[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        const other = await measure(bareUrl, strangers);
        pairs.push({ ours: await measure(url, senders), other });
      }
      return pairs;
    } finally {
      await Promise.all([stop(ours), stop(bare)]);
    }
  });
}
