import type { Benchmark } from '../finding';
import { generate } from '../load/generate';
import type { Plan } from '../load/plan';
import { memoryOf, PROBED } from '../support/memory';
import { populate } from '../support/population';
import { inFolder, startOurs, stop } from '../support/servers';

const CONNECTIONS = 50;
const TIMES = 3;
const MEASURE_MS = 8_000;
const GOAL_MS = 3_000;
const MEGABYTE = 1024 ** 2;

/** What becomes of those who are served, and of the memory, when three times as much is asked for as can be done. */
export const overload: Benchmark = {
  name: 'overload',
  run: (tell) =>
    inFolder(async (directory) => {
      const senders = await populate(directory, CONNECTIONS);
      const server = startOurs(directory, PROBED);
      const url = await server.listening;
      const plan = (load: Plan['load'], measureMs: number) =>
        generate({ url, senders, warmUpMs: 1_000, measureMs, load, withAcks: true });
      const { perSecond } = await plan({ kind: 'closed', inFlight: 4 }, 3_000);
      const before = await memoryOf(server);
      tell(`${Math.round(perSecond)} a second can be served; ${TIMES} times as much is sent`);
      const { answered, refused, p99 } = await plan(
        { kind: 'open', perSecond: perSecond * TIMES },
        MEASURE_MS,
      );
      const grown = (await memoryOf(server)) - before;
      await stop(server);
      const seconds = MEASURE_MS / 1_000;
      return [
        {
          what: `p99 of all answers when ${TIMES} × what can be served is sent for ${seconds} s`,
          ours: `${Math.round(p99).toLocaleString('en')} ms`,
          compared: `${Math.round(answered / seconds).toLocaleString('en')} stored and ${Math.round(refused / seconds).toLocaleString('en')} refused a second; memory ${grown >= 0 ? '+' : ''}${Math.round(grown / MEGABYTE)} MB`,
          ratio: '',
          goal: '≤ 3 s',
          isReached: p99 <= GOAL_MS,
        },
      ];
    }),
};
