/** Builds the web files and runs the server from source. Both follow every change of a source file. */
import { type ChildProcess, spawn } from 'node:child_process';
import { packClient } from './packClient';
import { watchWeb } from './webBuild';

const WEB_FILES = 'dist/web';
/** The terminal, npm and a shell may each deliver the same Ctrl+C. Signals within this time count as one, in milliseconds. */
const SAME_SIGNAL_MS = 300;
/** tsx kills a server that hasn't stopped after 5 s. It waits forever for one that was killed, so after this time it is killed itself. */
const STOP_LIMIT_MS = 6_000;
/** A process group of its own, which a terminal doesn't interrupt; Windows would open a window for it. */
const OWN_GROUP = process.platform !== 'win32';

let server: ChildProcess | undefined;
let stoppingSince: number | undefined;

/** Starts the server, which restarts by itself when one of its files changes. */
function startServer(): ChildProcess {
  const tsx = require.resolve('tsx/cli');
  // Every build of the web files writes an `index.html` at the top, and the server reads them at its start.
  const args = [tsx, 'watch', '--clear-screen=false', '--include', `${WEB_FILES}/*`, 'src/server.ts'];
  const started = spawn(process.execPath, args, {
    detached: OWN_GROUP,
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  started.on('exit', (code) => process.exit(code ?? 1));
  // The Return key restarts the server.
  started.stdin?.on('error', () => {});
  if (started.stdin) process.stdin.pipe(started.stdin);
  return started;
}

/** The first signal stops the server gracefully, the second one kills what is left. */
function stop(): void {
  if (!server) process.exit(0);
  const now = performance.now();
  if (stoppingSince === undefined) {
    stoppingSince = now;
    server.kill('SIGTERM');
    setTimeout(killServer, STOP_LIMIT_MS);
  } else if (now - stoppingSince > SAME_SIGNAL_MS) {
    killServer();
  }
}

function killServer(): void {
  const pid = server?.pid;
  if (pid !== undefined) process.kill(OWN_GROUP ? -pid : pid, 'SIGKILL');
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);

// Before the server starts, which would otherwise restart when the package is there.
const packed = packClient(WEB_FILES).catch((error: unknown) => {
  process.stderr.write(`The client package could not be packed: ${error}\n`);
});

void watchWeb(WEB_FILES, async () => {
  await packed;
  server ??= startServer();
});
