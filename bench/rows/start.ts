import type { Benchmark } from '../finding';
import { inFolder, startOurs, stop } from '../support/servers';
import { show, spreadOf } from '../support/statistics';

const STARTS = 7;
const GOAL_MS = 1_000;

/** How long a server takes from nothing, its database not even made, to serving. */
export const start: Benchmark = {
  name: 'start',
  async run(tell) {
    const times: number[] = [];
    for (let count = 0; count < STARTS; count += 1) {
      times.push(
        await inFolder(async (directory) => {
          const begun = performance.now();
          const server = startOurs(directory);
          await server.listening;
          const milliseconds = performance.now() - begun;
          await stop(server);
          return milliseconds;
        }),
      );
      tell(`listens after ${Math.round(times.at(-1) ?? 0)} ms`);
    }
    const spread = spreadOf(times);
    return [
      {
        what: 'start to listening, built',
        ours: show(spread, 0, ' ms'),
        compared: '',
        ratio: '',
        goal: '≤ 1 s',
        isReached: spread.median <= GOAL_MS,
      },
    ];
  },
};
