/** Starts the bundled server in this folder until it serves, and keeps the code that this has compiled. The build runs it as a process. */
import { join } from 'node:path';
import { setTimeout as elapse } from 'node:timers/promises';
import { loadProgram } from './programCache';

const POLL_MS = 20;

async function main(): Promise<void> {
  const [directory = 'dist', port = ''] = process.argv.slice(2);
  const program = loadProgram(join(directory, 'program.js'));
  program.run();
  const isReady = () =>
    fetch(`http://127.0.0.1:${port}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await isReady())) await elapse(POLL_MS);
  program.keep();
  // Its data is not needed any more.
  process.exit(0);
}

void main();
