import type { Benchmark } from '../finding';
import { generate } from '../load/generate';
import { alternate } from '../support/alternate';
import { compare, show } from '../support/statistics';

const CONNECTIONS = 50;
const PER_SECOND = 2_000;
const GOAL = 3;

/** How long the slowest hundredth of the echoes takes when the server has time left. */
export const latency: Benchmark = {
  name: 'latency',
  async run(tell) {
    const pairs = await alternate(CONNECTIONS, async (url, senders) => {
      const load = { kind: 'open', perSecond: PER_SECOND } as const;
      const { p50, p99 } = await generate({
        url,
        senders,
        warmUpMs: 1_000,
        measureMs: 4_000,
        load,
        withAcks: false,
      });
      tell(`half of the echoes of ${url} in ${p50.toFixed(2)} ms, 99 % in ${p99.toFixed(2)} ms`);
      return p99;
    });
    const { ours, other, ratio } = compare(pairs);
    return [
      {
        what: `p99 of the echo at ${PER_SECOND.toLocaleString('en')} messages a second`,
        ours: show(ours, 1, ' ms'),
        compared: `${show(other, 1, ' ms')} bare`,
        ratio: show(ratio, 1),
        goal: `≤ ${GOAL}`,
        isReached: ratio.median <= GOAL,
      },
    ];
  },
};
