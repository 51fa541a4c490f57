import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { builtProgram } from '../tests/support/serverBuild';

/** The programs as they run in production. */
export const SERVER = [builtProgram('server')];
export const MIGRATE = [builtProgram('admin/migrate')];

/** What Node runs for a program that is not built, such as one that only tests need. */
export function fromSource(path: string): string[] {
  return ['--require', require.resolve('tsx/cjs'), path];
}

const running = new Set<ChildProcess>();

/** Ends every program that was started and still runs; a test file that starts some calls it when it is through. */
export function endProcesses(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** A program in a process of its own. */
export interface ServerProcess {
  child: ChildProcess;
  /** What it has printed so far, of both kinds. */
  output(): string;
  /** Resolves with its URL once it listens; rejects with its output if it ends before that. */
  listening: Promise<string>;
  /** Resolves with the exit code, or the signal that ended it. */
  exited: Promise<number | NodeJS.Signals | null>;
}

/** Starts a program with just these variables, on loopback and any free port unless they say otherwise. */
export function startProcess(
  directory: string,
  environment: Record<string, string>,
  command: readonly string[] = SERVER,
): ServerProcess {
  const child = spawn(process.execPath, command, {
    cwd: directory,
    env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let printed = '';
  const exited = once(child, 'exit').then(([code, signal]) => {
    running.delete(child);
    return code ?? signal;
  });
  const listening = new Promise<string>((resolveUrl, reject) => {
    const read = (chunk: Buffer) => {
      printed += chunk.toString();
      const url = /listens on (http:\/\/\S+)/.exec(printed)?.[1];
      if (url) resolveUrl(url);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('close', () => reject(new Error(`the program ended before it listened:\n${printed}`)));
  });
  // Whoever only waits for the exit doesn't mind that it never listened.
  listening.catch(() => {});
  return { child, output: () => printed, listening, exited };
}
