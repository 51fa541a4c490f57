import type { Benchmark, Finding } from '../finding';
import { generate } from '../load/generate';
import { startBare, startNaive } from '../support/servers';
import { compare, format, spreadOf } from '../support/statistics';
import { pick, type Turns, takeTurns } from '../support/turns';

const CONNECTIONS = 50;
const LOW_RATE = 500;
const HIGH_RATE = 2_000;
const P50_GOAL_MS = 0.5;
const P99_GOAL_MS = 3;
const RIVALS = [
  { name: 'bare', start: startBare },
  { name: 'written by hand', start: startNaive },
];

interface Latency {
  /** At `LOW_RATE`, in milliseconds. */
  p50: number;
  /** At `HIGH_RATE`, in milliseconds. */
  p99: number;
}

/** Measures how long echoes take at loads that leave the servers idle time. */
export const latency: Benchmark = {
  name: 'latency',
  async run(log, scale) {
    const turns = await takeTurns(RIVALS, CONNECTIONS, scale, async (target, name) => {
      const at = (perSecond: number) => {
        const load = { kind: 'open', perSecond } as const;
        return generate({ ...target, warmUpMs: scale(1_000), measureMs: scale(4_000), load });
      };
      const [{ p50 }, { p99 }] = [await at(LOW_RATE), await at(HIGH_RATE)];
      log(
        `${name}: p50 ${p50.toFixed(2)} ms at ${LOW_RATE} a second, p99 ${p99.toFixed(2)} ms at ${HIGH_RATE}`,
      );
      return { p50, p99 };
    });
    return [
      findingOf(`p50 of the echo at ${LOW_RATE} messages a second`, turns, ({ p50 }) => p50, P50_GOAL_MS),
      findingOf(
        `p99 of the echo at ${HIGH_RATE.toLocaleString('en')} messages a second`,
        turns,
        ({ p99 }) => p99,
        P99_GOAL_MS,
      ),
    ];
  },
};

function findingOf(
  what: string,
  { ours, rivals }: Turns<Latency>,
  figure: (latency: Latency) => number,
  goal: number,
): Finding {
  const spread = spreadOf(ours.map(figure));
  const compared = rivals.map(({ name, pairs }) => ({ name, ...compare(pick(pairs, figure)) }));
  return {
    what,
    ours: format(spread, 2, ' ms'),
    compared: compared.map(({ name, other }) => `${format(other, 2, ' ms')} ${name}`).join(', '),
    ratio: compared.map(({ ratio }) => format(ratio, 1)).join(', '),
    goal: `≤ ${goal} ms`,
    isReached: spread.median <= goal,
  };
}
