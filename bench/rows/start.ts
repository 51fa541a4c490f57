import { inTemporaryFolder, stopProcess } from '../../testkit/serverProcess';
import type { Benchmark } from '../finding';
import { startOurs } from '../support/servers';
import { format, spreadOf } from '../support/statistics';

const STARTS = 7;
const GOAL_MS = 1_000;

/** Measures the time from the start of the process, without a database yet, until the server listens. */
export const start: Benchmark = {
  name: 'start',
  async run(log, scale) {
    const times: number[] = [];
    for (let count = 0; count < scale(STARTS); count += 1) {
      times.push(await inTemporaryFolder(timeToListen));
      log(`listens after ${Math.round(times.at(-1) ?? 0)} ms`);
    }
    const spread = spreadOf(times);
    return [
      {
        what: 'start to listening, built',
        ours: format(spread, 0, ' ms'),
        compared: '',
        ratio: '',
        goal: '≤ 1 s',
        isReached: spread.median <= GOAL_MS,
      },
    ];
  },
};

async function timeToListen(directory: string): Promise<number> {
  const begun = performance.now();
  const server = startOurs(directory);
  await server.listening;
  const milliseconds = performance.now() - begun;
  await stopProcess(server);
  return milliseconds;
}
