import { KilledServer } from '../../testkit/killedServer';
import { HEAVY_LOAD, runKills } from '../../testkit/killRun';
import { Random } from '../../testkit/random';
import type { Benchmark } from '../finding';
import { inFolder } from '../support/servers';

const KILLS = 100;
const SEED = 2026;

/** Whether anything that was acknowledged is lost, doubled or out of order when the server is killed under load. */
export const kill: Benchmark = {
  name: 'kill',
  run: (tell) =>
    inFolder(async (directory) => {
      const server = await KilledServer.create(directory, { DATABASE_URL: 'sqlite://./chat.db' });
      await server.start();
      const verdict = await runKills(server, KILLS, HEAVY_LOAD, new Random(SEED), (count) => {
        if (count % 20 === 0) tell(`${count} of ${KILLS} kills`);
      });
      await server.end('SIGTERM');
      const { acknowledged, lost, doubled, gaps, unanswered, misseen } = verdict;
      const faults = lost + doubled + gaps + unanswered + misseen;
      return [
        {
          what: `\`kill -9\` under load, ${KILLS} times`,
          ours: `${lost} lost, ${doubled} doubled, ${gaps} gaps of ${acknowledged.toLocaleString('en')} acknowledged`,
          compared: '',
          ratio: '',
          goal: '0',
          isReached: faults === 0,
        },
      ];
    }),
};
