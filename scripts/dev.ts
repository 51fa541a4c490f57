/** Builds the web files and runs the server from source. Both follow every change of a source file. */
import { type ChildProcess, spawn } from 'node:child_process';
import { packClient } from './packClient';
import { watchWeb } from './webBuild';

const WEB_FILES = 'dist/web';

let server: ChildProcess | undefined;

/** Starts the server, which restarts by itself when one of its files changes. */
function startServer(): ChildProcess {
  const tsx = require.resolve('tsx/cli');
  // Every build of the web files writes an `index.html` at the top, and the server reads them at its start.
  const args = [tsx, 'watch', '--clear-screen=false', '--include', `${WEB_FILES}/*`, 'src/server.ts'];
  const started = spawn(process.execPath, args, { stdio: 'inherit' });
  started.on('exit', (code) => process.exit(code ?? 0));
  return started;
}

// Ctrl+C also reaches the server, which shuts down gracefully. This process exits after it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => (server ? server.kill(signal) : process.exit(0)));
}

// Before the server starts, which would otherwise restart when the package is there.
const packed = packClient(WEB_FILES).catch((error: unknown) => {
  process.stderr.write(`The client package could not be packed: ${error}\n`);
});

void watchWeb(WEB_FILES, async () => {
  await packed;
  server ??= startServer();
});
