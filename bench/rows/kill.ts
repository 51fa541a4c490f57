import { HEAVY_LOAD, runKills } from '../../testkit/killRun';
import { Random } from '../../testkit/random';
import { inTemporaryFolder, RestartableServer } from '../../testkit/serverProcess';
import { isClean } from '../../testkit/verdict';
import type { Benchmark } from '../finding';

const KILLS = 100;
const SEED = 2026;

/** Counts the acknowledged messages that are lost, doubled or out of order after the server is killed under load. */
export const kill: Benchmark = {
  name: 'kill',
  run: (log, scale) =>
    inTemporaryFolder(async (directory) => {
      const server = await RestartableServer.create(directory, { DATABASE_URL: 'sqlite://./chat.db' });
      await server.start();
      const kills = scale(KILLS);
      const verdict = await runKills(server, {
        kills,
        load: HEAVY_LOAD,
        random: new Random(SEED),
        onKill(count) {
          if (count % 20 === 0) log(`${count} of ${kills} kills`);
        },
      });
      await server.end('SIGTERM');
      const { acknowledged, lost, doubled, gaps } = verdict;
      return [
        {
          what: `\`kill -9\` under load, ${kills} times`,
          ours: `${lost} lost, ${doubled} doubled, ${gaps} gaps of ${acknowledged.toLocaleString('en')} acknowledged`,
          compared: '',
          ratio: '',
          goal: '0',
          isReached: isClean(verdict),
        },
      ];
    }),
};
