import { inTemporaryFolder } from '../../testkit/serverProcess';
import type { Benchmark } from '../finding';
import { generate } from '../load/generate';
import { installFeathers } from '../support/feathers';
import { startNaive } from '../support/servers';
import { compare, format } from '../support/statistics';
import { type Rival, takeTurns } from '../support/turns';
import { saturate } from './echo';

const CONNECTIONS = 50;
const GOAL = 1;

/** Compares the rate of stored echoes with servers that people would write instead, with the same load as `echo`. */
export const alternatives: Benchmark = {
  name: 'alternatives',
  run: (log, scale) =>
    inTemporaryFolder(async (installation) => {
      const rivals: Rival[] = [{ name: 'a server written by hand', start: startNaive }];
      try {
        rivals.push(await installFeathers(installation));
      } catch (error) {
        const [, reason = error] = /^npm error (.*request to .*)$/m.exec(String(error)) ?? [];
        log(`SKIPPED: Feathers could not be installed: ${reason}`);
      }
      const turns = await takeTurns(rivals, CONNECTIONS, scale, async (target, name) => {
        const { perSecond } = await generate(saturate(target, scale));
        log(`${name}: ${Math.round(perSecond)} echoes a second`);
        return perSecond;
      });
      return turns.rivals.map(({ name, pairs }) => {
        const { ours, other, ratio } = compare(pairs);
        return {
          what: `stored echoes a second with \`clientMessageId\`, against ${name}`,
          ours: format(ours),
          compared: format(other),
          ratio: format(ratio, 1),
          goal: `> ${GOAL}`,
          isReached: ratio.median > GOAL,
        };
      });
    }),
};
