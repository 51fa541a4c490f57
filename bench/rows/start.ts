import { inTemporaryFolder, type ServerProcess, stopProcess } from '../../testkit/serverProcess';
import type { Benchmark, Finding } from '../finding';
import { residentMemoryOf } from '../support/process';
import { startBare, startOurs } from '../support/servers';
import { compare, format, type Pair } from '../support/statistics';
import { pick } from '../support/turns';

const STARTS = 7;
const TIME_GOAL_MS = 350;
const MEMORY_GOAL_MB = 75;
const MEGABYTE = 1024 ** 2;

interface Start {
  /** From the start of the process to the line that says where it listens. */
  milliseconds: number;
  /** Resident at that moment, in megabytes. */
  memory: number;
}

/** Measures how long a start takes, without a database yet, until the server listens, and its memory then. */
export const start: Benchmark = {
  name: 'start',
  async run(log, scale) {
    const pairs: Pair<Start>[] = [];
    for (let count = 0; count < scale(STARTS); count += 1) {
      const pair = { ours: await measure(startOurs), other: await measure(startBare) };
      log(`${describe(pair.ours)}, bare ${describe(pair.other)}`);
      pairs.push(pair);
    }
    return [timeOf(pairs), memoryOf(pairs)];
  },
};

function timeOf(pairs: readonly Pair<Start>[]): Finding {
  const { ours, other, ratio } = compare(pick(pairs, ({ milliseconds }) => milliseconds));
  return {
    what: 'start to listening, built',
    ours: format(ours, 0, ' ms'),
    compared: `${format(other, 0, ' ms')} bare`,
    ratio: format(ratio, 1),
    goal: `≤ ${TIME_GOAL_MS} ms`,
    isReached: ours.median <= TIME_GOAL_MS,
  };
}

function memoryOf(pairs: readonly Pair<Start>[]): Finding {
  const { ours, other, ratio } = compare(pick(pairs, ({ memory }) => memory));
  return {
    what: 'resident memory after the start',
    ours: format(ours, 0, ' MB'),
    compared: `${format(other, 0, ' MB')} bare`,
    ratio: format(ratio, 1),
    goal: `≤ ${MEMORY_GOAL_MB} MB`,
    isReached: ours.median <= MEMORY_GOAL_MB,
  };
}

function describe({ milliseconds, memory }: Start): string {
  return `listens after ${Math.round(milliseconds)} ms with ${Math.round(memory)} MB`;
}

function measure(startServer: (directory: string) => ServerProcess): Promise<Start> {
  return inTemporaryFolder(async (directory) => {
    const server = startServer(directory);
    await server.listening;
    const milliseconds = performance.now() - server.startedAt;
    const memory = residentMemoryOf(server) / MEGABYTE;
    await stopProcess(server);
    return { milliseconds, memory };
  });
}
