import { fuzz } from './fuzzRun';
import { report } from './tally';

/** `test:long` sends 100,000. */
const INPUTS = 500;

test('whatever is sent, the server stays up, tells nothing and disturbs nobody', async () => {
  const verdict = await fuzz({ inputs: INPUTS, seed: 1 });
  expect(verdict.failures.length === 0 ? '' : report(verdict)).toBe('');
  expect(verdict.tally.inputs).toBe(INPUTS);
  expect(verdict.victimMessages).toBe(INPUTS / 100 + 1);
}, 60_000);
