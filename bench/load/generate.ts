import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fromSource } from '../../testkit/serverProcess';
import type { LoadPlan, LoadResult } from './plan';

const run = promisify(execFile);

/** Runs the load generator in a process of its own. Throws if a response was wrong or missing. */
export async function generate(plan: LoadPlan): Promise<LoadResult> {
  const program = fromSource(join(__dirname, 'generator.ts'));
  const { stdout } = await run(process.execPath, [...program, JSON.stringify(plan)]);
  const result: LoadResult = JSON.parse(stdout);
  if (result.wrong > 0 || result.missing > 0) {
    throw new Error(
      `Of the responses of ${plan.url}, ${result.wrong} were wrong and ${result.missing} missing`,
    );
  }
  return result;
}
