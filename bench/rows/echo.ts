import type { Benchmark, Finding, Scale } from '../finding';
import { generate } from '../load/generate';
import type { LoadPlan } from '../load/plan';
import { startBare } from '../support/servers';
import { compare, format } from '../support/statistics';
import { pick, type Target, takeTurns } from '../support/turns';

const CONNECTIONS = 50;
const IN_FLIGHT = 4;
const GOALS = {
  withIds: { rate: 0.5, cpu: 2.7 },
  withoutIds: { rate: 0.55, cpu: 2.5 },
};

/** Measures how many messages per second are stored and answered, and for how much CPU time each, when both servers are saturated. */
export const echo: Benchmark = {
  name: 'echo',
  run: async (log, scale) => [...(await measure(false, log, scale)), ...(await measure(true, log, scale))],
};

/** A load that saturates the server. */
export function saturate(target: Target, scale: Scale): LoadPlan {
  const load = { kind: 'closed', inFlight: IN_FLIGHT } as const;
  return { ...target, warmUpMs: scale(1_000), measureMs: scale(4_000), load };
}

async function measure(withoutIds: boolean, log: (line: string) => void, scale: Scale): Promise<Finding[]> {
  const bare = { name: 'bare', start: startBare };
  const { rivals } = await takeTurns([bare], CONNECTIONS, scale, async (target, name) => {
    const { perSecond, cpuMicroseconds } = await generate({ ...saturate(target, scale), withoutIds });
    const cpu = cpuMicroseconds ?? Number.NaN;
    log(`${name}: ${Math.round(perSecond)} echoes a second, ${cpu.toFixed(1)} µs of CPU each`);
    return { perSecond, cpu };
  });
  const kind = withoutIds ? 'without `clientMessageId`' : 'with `clientMessageId`';
  const goals = withoutIds ? GOALS.withoutIds : GOALS.withIds;
  return rivals.flatMap(({ name, pairs }) => {
    const rate = compare(pick(pairs, ({ perSecond }) => perSecond));
    const cpu = compare(pick(pairs, (result) => result.cpu));
    return [
      {
        what: `stored echoes a second ${kind}, ${CONNECTIONS} connections × ${IN_FLIGHT} in flight`,
        ours: format(rate.ours),
        compared: `${format(rate.other)} ${name}`,
        ratio: format(rate.ratio, 2),
        goal: `≥ ${goals.rate}`,
        isReached: rate.ratio.median >= goals.rate,
      },
      {
        what: `CPU time of the server for each of them, ${kind}`,
        ours: format(cpu.ours, 0, ' µs'),
        compared: `${format(cpu.other, 0, ' µs')} ${name}`,
        ratio: format(cpu.ratio, 1),
        goal: `≤ ${goals.cpu}`,
        isReached: cpu.ratio.median <= goals.cpu,
      },
    ];
  });
}
