import { populate } from '../../testkit/seeding';
import type { Benchmark, Finding } from '../finding';
import { generate } from '../load/generate';
import type { Outcome, Plan, Sender } from '../load/plan';
import { memoryOf, PROBED } from '../support/memory';
import { inFolder, startOurs, stop } from '../support/servers';

const CONNECTIONS = 50;
/** Of the first ones, so many behave while all others flood the server. */
const PATIENT = 5;
const TIMES = 3;
const MEASURE_MS = 5_000;
const GOAL_MS = 3_000;
const MEGABYTE = 1024 ** 2;

/** What becomes of those who wait for each answer, and of the memory, when others send three times as much as can be done. */
export const overload: Benchmark = {
  name: 'overload',
  run: (tell) =>
    inFolder(async (directory) => {
      const senders = await populate(directory, CONNECTIONS);
      const server = startOurs(directory, PROBED);
      const url = await server.listening;
      const put = (load: Plan['load'], those: readonly Sender[], measureMs: number) =>
        generate({ url, senders: those, warmUpMs: 1_000, measureMs, load, withAcks: true });
      const { perSecond } = await put({ kind: 'closed', inFlight: 4 }, senders, 3_000);
      tell(`${Math.round(perSecond)} a second can be served; ${TIMES} times as much is sent`);
      const before = await memoryOf(server);
      const [patient, flood] = await Promise.all([
        put({ kind: 'closed', inFlight: 1 }, senders.slice(0, PATIENT), MEASURE_MS),
        put({ kind: 'open', perSecond: perSecond * TIMES }, senders.slice(PATIENT), MEASURE_MS),
      ]);
      const grown = (await memoryOf(server)) - before;
      await stop(server);
      return [findingOf(patient, flood, grown)];
    }),
};

function findingOf(patient: Outcome, flood: Outcome, grown: number): Finding {
  const count = (number: number) => Math.round(number).toLocaleString('en');
  return {
    what: `p99 of who waits for each answer while others send ${TIMES} × what can be served`,
    ours: `${count(patient.p99)} ms`,
    compared: `of the others' messages ${count(flood.answered)} were stored, ${count(flood.refused)} refused, 0 without an answer; memory ${grown < 0 ? '' : '+'}${count(grown / MEGABYTE)} MB`,
    ratio: '',
    goal: `≤ ${GOAL_MS / 1_000} s`,
    isReached: patient.p99 <= GOAL_MS,
  };
}
