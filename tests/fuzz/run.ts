/** `npm run test:fuzz [-- --runs N] [--seed S] [--server FILE]`: sends a built server anything and prints what it got wrong. */
import { parseArgs } from 'node:util';
import { fuzz } from './fuzzRun';
import { report } from './tally';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '100000' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      server: { type: 'string' },
    },
  });
  const [inputs, seed] = [Number(values.runs), Number(values.seed)];
  process.stdout.write(`seed ${seed}, ${inputs} inputs\n`);
  const started = performance.now();
  const verdict = await fuzz({
    inputs,
    seed,
    ...(values.server !== undefined && { command: [values.server] }),
    onProgress: (count) => {
      if (count % 5_000 === 0) process.stdout.write(`  ${count}\n`);
    },
  });
  const seconds = Math.round((performance.now() - started) / 1000);
  process.stdout.write(`${report(verdict)}\nin ${seconds} s, with seed ${seed}\n`);
  process.exitCode = verdict.failures.length > 0 ? 1 : 0;
}

void main();
