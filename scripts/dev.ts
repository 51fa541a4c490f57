/** Builds the chat page and runs the server; both follow every change of a file. */
import { spawn } from 'node:child_process';
import { context } from 'esbuild';
import { webBuild } from './webBuild';

const PAGE = 'dist/web';

async function main(): Promise<void> {
  const page = await context(webBuild(PAGE));
  await page.rebuild();
  await page.watch();
  const watcher = require.resolve('tsx/cli');
  const args = [watcher, 'watch', '--clear-screen=false', '--include', `${PAGE}/*`, 'src/server.ts'];
  const server = spawn(process.execPath, args, { stdio: 'inherit' });
  // Ctrl+C reaches the server too, which finishes what is under way; this process ends after it.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => server.kill(signal));
  server.on('exit', (code) => process.exit(code ?? 0));
}

void main();
