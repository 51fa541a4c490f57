import type { Benchmark } from '../finding';
import { generate } from '../load/generate';
import type { Plan, Sender } from '../load/plan';
import { alternate } from '../support/alternate';
import { compare, show } from '../support/statistics';

const CONNECTIONS = 50;
const IN_FLIGHT = 4;
const GOAL = 0.5;

/** How many messages a second are stored, answered and heard of, when the clients wait for nothing else. */
export const echo: Benchmark = {
  name: 'echo',
  async run(tell) {
    const plan = (url: string, senders: readonly Sender[]): Plan => ({
      url,
      senders,
      warmUpMs: 1_000,
      measureMs: 4_000,
      load: { kind: 'closed', inFlight: IN_FLIGHT },
      withAcks: false,
    });
    const pairs = await alternate(CONNECTIONS, async (url, senders) => {
      const { perSecond } = await generate(plan(url, senders));
      tell(`${Math.round(perSecond)} echoes a second from ${url}`);
      return perSecond;
    });
    const { ours, other, ratio } = compare(pairs);
    return [
      {
        what: `stored echoes a second, ${CONNECTIONS} connections × ${IN_FLIGHT} in flight`,
        ours: show(ours),
        compared: `${show(other)} bare`,
        ratio: show(ratio, 2),
        goal: `≥ ${GOAL}`,
        isReached: ratio.median >= GOAL,
      },
    ];
  },
};
