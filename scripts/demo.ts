/** Builds the web files and runs the demo from source. */
import { rmSync } from 'node:fs';
import { runDemo } from '../src/demo';
import { createTemporaryFolder } from '../testkit/serverProcess';
import { buildWeb } from './webBuild';

async function main(): Promise<void> {
  const pageDirectory = createTemporaryFolder();
  process.once('exit', () => rmSync(pageDirectory, { recursive: true, force: true }));
  await buildWeb(pageDirectory);
  await runDemo(pageDirectory);
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
