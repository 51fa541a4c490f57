import type { Benchmark } from '../finding';
import { generate } from '../load/generate';
import { alternate } from '../support/alternate';
import { compare, format } from '../support/statistics';

const CONNECTIONS = 50;
const PER_SECOND = 2_000;
const GOAL = 3;

/** Measures the slowest hundredth of the echoes at a load that leaves the server idle time. */
export const latency: Benchmark = {
  name: 'latency',
  async run(log, scale) {
    const pairs = await alternate(CONNECTIONS, scale, async (url, users) => {
      const load = { kind: 'open', perSecond: PER_SECOND } as const;
      const plan = { url, users, warmUpMs: scale(1_000), measureMs: scale(4_000), load, withAcks: false };
      const { p50, p99 } = await generate(plan);
      log(`echoes of ${url}: p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`);
      return p99;
    });
    const { ours, other, ratio } = compare(pairs);
    return [
      {
        what: `p99 of the echo at ${PER_SECOND.toLocaleString('en')} messages a second`,
        ours: format(ours, 1, ' ms'),
        compared: `${format(other, 1, ' ms')} bare`,
        ratio: format(ratio, 1),
        goal: `≤ ${GOAL}`,
        isReached: ratio.median <= GOAL,
      },
    ];
  },
};
