import { Agent, get } from 'node:http';
import { type SeededSession, seedMessages } from '../../testkit/seeding';
import { inTemporaryFolder, stopProcess } from '../../testkit/serverProcess';
import type { Benchmark, Finding } from '../finding';
import { startOurs } from '../support/servers';
import { compare, format, type Pair, spreadOf } from '../support/statistics';

const SMALL = { total: 10_000, longest: 2_000 };
const LARGE = { total: 5_000_000, longest: 1_000_000 };
const ROUNDS = 5;
const PAGES = 400;
const GOAL = 1.2;

/** A running server, and functions that read pages of its longest session and return the median time of one page. */
interface History {
  latest(): Promise<number>;
  middle(): Promise<number>;
  stop(): Promise<void>;
}

/** Measures whether reading slows down as the database grows. */
export const history: Benchmark = {
  name: 'history',
  run: (log, scale) =>
    inTemporaryFolder((small) =>
      inTemporaryFolder(async (large) => {
        const smallSession = await seedMessages(small, SMALL);
        log('filling the large database');
        const largeSession = await seedMessages(large, {
          total: scale(LARGE.total),
          longest: scale(LARGE.longest),
        });
        const [few, many] = await Promise.all([
          serve(small, smallSession, scale(PAGES)),
          serve(large, largeSession, scale(PAGES)),
        ]);
        const latest = await comparePages('latest page', many.latest, few.latest, scale(ROUNDS));
        const middle = await comparePages('page in the middle', many.middle, few.middle, scale(ROUNDS));
        await Promise.all([few.stop(), many.stop()]);
        return [latest, middle];
      }),
    ),
};

async function comparePages(
  page: string,
  readLarge: () => Promise<number>,
  readSmall: () => Promise<number>,
  rounds: number,
): Promise<Finding> {
  // The first round is a warm-up.
  await readLarge();
  await readSmall();
  const pairs: Pair[] = [];
  for (let round = 0; round < rounds; round += 1) {
    pairs.push({ ours: await readLarge(), other: await readSmall() });
  }
  const { ours, other, ratio } = compare(pairs);
  return {
    what: `${page} (50 messages) of a session of 1,000,000 in a database of 5,000,000`,
    ours: format(ours, 2, ' ms'),
    compared: `${format(other, 2, ' ms')} in one of 10,000`,
    ratio: format(ratio, 2),
    goal: `≤ ${GOAL}`,
    isReached: ratio.median <= GOAL,
  };
}

async function serve(
  directory: string,
  { token, sessionId, messages }: SeededSession,
  pages: number,
): Promise<History> {
  const server = startOurs(directory);
  const url = await server.listening;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const path = `${url}/api/sessions/${sessionId}/messages`;
  const read = (query: string) => timed(() => fetchPage(`${path}?${query}`, token, agent));
  return {
    latest: () => medianOf(() => read('limit=50'), pages),
    middle: () => medianOf((index) => read(`limit=50&before=${Math.floor(messages / 2) + index * 7}`), pages),
    async stop() {
      agent.destroy();
      await stopProcess(server);
    },
  };
}

async function medianOf(read: (index: number) => Promise<number>, pages: number): Promise<number> {
  const times: number[] = [];
  for (let index = 0; index < pages; index += 1) times.push(await read(index));
  return spreadOf(times).median;
}

async function timed(work: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

function fetchPage(url: string, token: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent, headers: { Authorization: `Bearer ${token}` } }, (response) => {
      if (response.statusCode !== 200)
        reject(new Error(`A page was answered with status ${response.statusCode}`));
      response.resume();
      response.once('end', () => resolve());
    });
    request.once('error', reject);
  });
}
