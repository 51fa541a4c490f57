import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fromSource } from '../../testkit/serverProcess';
import type { Outcome, Plan } from './plan';

const run = promisify(execFile);

/** Puts the load on a server, from a process of its own. Throws if an answer was wrong or missing. */
export async function generate(plan: Plan): Promise<Outcome> {
  const program = fromSource(join(__dirname, 'generator.ts'));
  const { stdout } = await run(process.execPath, [...program, JSON.stringify(plan)]);
  const outcome: Outcome = JSON.parse(stdout);
  if (outcome.wrong > 0 || outcome.missing > 0) {
    throw new Error(`${outcome.wrong} answers of ${plan.url} were wrong, ${outcome.missing} were missing`);
  }
  return outcome;
}
