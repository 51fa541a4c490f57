import { seedUsers } from '../../testkit/seeding';
import { inTemporaryFolder, stopProcess } from '../../testkit/serverProcess';
import type { Benchmark, Finding } from '../finding';
import { generate } from '../load/generate';
import type { LoadPlan, LoadResult, LoadUser } from '../load/plan';
import { MEMORY_PROBE, memoryOf } from '../support/memory';
import { startOurs } from '../support/servers';

const CONNECTIONS = 50;
/** Connections that wait for each answer, while all others flood the server. */
const PATIENT = 5;
/** Offered load, as a multiple of the capacity. */
const OVERLOAD = 3;
const MEASURE_MS = 5_000;
const GOAL_MS = 3_000;
const MEGABYTE = 1024 ** 2;

/** Measures the latency of well-behaved clients, and the memory, while others offer three times the capacity. */
export const overload: Benchmark = {
  name: 'overload',
  run: (log, scale) =>
    inTemporaryFolder(async (directory) => {
      const users = await seedUsers(directory, Math.max(2 * PATIENT, scale(CONNECTIONS)));
      const server = startOurs(directory, MEMORY_PROBE);
      const url = await server.listening;
      const apply = (load: LoadPlan['load'], those: readonly LoadUser[], measureMs: number) =>
        generate({ url, users: those, warmUpMs: scale(1_000), measureMs, load, withAcks: true });
      const { perSecond } = await apply({ kind: 'closed', inFlight: 4 }, users, scale(3_000));
      log(`capacity: ${Math.round(perSecond)} a second; ${OVERLOAD} times as many are sent`);
      const before = await memoryOf(server);
      const [patient, flood] = await Promise.all([
        apply({ kind: 'closed', inFlight: 1 }, users.slice(0, PATIENT), scale(MEASURE_MS)),
        apply({ kind: 'open', perSecond: perSecond * OVERLOAD }, users.slice(PATIENT), scale(MEASURE_MS)),
      ]);
      const growth = (await memoryOf(server)) - before;
      await stopProcess(server);
      return [findingOf(patient, flood, growth)];
    }),
};

function findingOf(patient: LoadResult, flood: LoadResult, growth: number): Finding {
  const count = (number: number) => Math.round(number).toLocaleString('en');
  return {
    what: `p99 of clients that wait for each answer while others send ${OVERLOAD} × the capacity`,
    ours: `${count(patient.p99)} ms`,
    compared: `of the others' messages ${count(flood.answered)} were stored, ${count(flood.refused)} refused, 0 unanswered; memory ${growth < 0 ? '' : '+'}${count(growth / MEGABYTE)} MB`,
    ratio: '',
    goal: `≤ ${GOAL_MS / 1_000} s`,
    isReached: patient.p99 <= GOAL_MS,
  };
}
