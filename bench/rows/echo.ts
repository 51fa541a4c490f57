import type { Benchmark } from '../finding';
import { generate } from '../load/generate';
import type { LoadPlan, LoadUser } from '../load/plan';
import { alternate } from '../support/alternate';
import { compare, format } from '../support/statistics';

const CONNECTIONS = 50;
const IN_FLIGHT = 4;
const GOAL = 0.5;

/** Measures how many messages per second are stored and answered when both servers are saturated. */
export const echo: Benchmark = {
  name: 'echo',
  async run(log, scale) {
    const plan = (url: string, users: readonly LoadUser[]): LoadPlan => ({
      url,
      users,
      warmUpMs: scale(1_000),
      measureMs: scale(4_000),
      load: { kind: 'closed', inFlight: IN_FLIGHT },
      withAcks: false,
    });
    const pairs = await alternate(CONNECTIONS, scale, async (url, users) => {
      const { perSecond } = await generate(plan(url, users));
      log(`${Math.round(perSecond)} echoes a second from ${url}`);
      return perSecond;
    });
    const { ours, other, ratio } = compare(pairs);
    return [
      {
        what: `stored echoes a second, ${CONNECTIONS} connections × ${IN_FLIGHT} in flight`,
        ours: format(ours),
        compared: `${format(other)} bare`,
        ratio: format(ratio, 2),
        goal: `≥ ${GOAL}`,
        isReached: ratio.median >= GOAL,
      },
    ];
  },
};
