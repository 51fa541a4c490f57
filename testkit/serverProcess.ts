import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '..');
/** Names the folder of the compiled server in place of `dist`, for a test run that compiles one of its own. */
export const BUILD_VARIABLE = 'TEST_SERVER_BUILD';
/** Signs the tokens of servers under test. */
export const TEST_SECRET = 'a secret that is long enough for every test';

/** Environment of a server under test: without rate limits, so that load finds the faults, and with a cheap password hash. */
export const TEST_ENVIRONMENT = {
  JWT_SECRET: TEST_SECRET,
  LOG_LEVEL: 'warn',
  AUTH_RATE_PER_MINUTE: '0',
  CONNECT_RATE_PER_MINUTE: '0',
  MESSAGE_RATE_PER_SECOND: '0',
  BCRYPT_ROUNDS: '10',
};

/** The folder of the compiled server: of this test run, or, outside of one, of `npm run build`. */
export function buildDirectory(): string {
  return process.env[BUILD_VARIABLE] ?? join(ROOT, 'dist');
}

/** The path of a compiled program, named by its path in `src`, such as `server` or `cli`. */
export function builtProgram(name: string): string {
  return join(buildDirectory(), `${name}.js`);
}

/** The arguments with which Node.js runs a TypeScript program that is not built, such as one that only tests need. */
export function fromSource(path: string): string[] {
  return ['--require', require.resolve('tsx/cjs'), path];
}

/** A program that runs in a process of its own. */
export interface ServerProcess {
  child: ChildProcess;
  /** When it was started, on the clock of `performance.now()`. */
  startedAt: number;
  /** Everything it has printed so far, on stdout and stderr. */
  output(): string;
  /** Resolves with its URL once it listens. Rejects with its output if it exits first. */
  listening: Promise<string>;
  /** Resolves with the exit code, or with the signal that ended it. */
  exited: Promise<number | NodeJS.Signals | null>;
}

const running = new Set<ChildProcess>();

/** Lets `endProcesses` kill this one, too. */
export function endWithOthers(child: ChildProcess): void {
  running.add(child);
  child.once('exit', () => running.delete(child));
}

/** Kills every process that was started here and still runs. Call it when a test file or a run ends. */
export function endProcesses(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** Ctrl+C, and the other signals that end this process, run its `exit` listeners, which end what it has started. */
export function exitOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => process.exit(130));
}

/**
 * Starts a program: by default the built server, on a free port of loopback. It gets only these environment variables, and keeps
 * its files in `directory`. `command` are the arguments of Node.js.
 */
export function startProcess(
  directory: string,
  environment: Record<string, string>,
  command: readonly string[] = [builtProgram('server')],
): ServerProcess {
  const startedAt = performance.now();
  const child = spawn(process.execPath, command, {
    cwd: directory,
    env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: '0', ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  endWithOthers(child);
  let printed = '';
  const exited = once(child, 'exit').then(([code, signal]) => code ?? signal);
  const listening = new Promise<string>((resolveUrl, reject) => {
    const read = (chunk: Buffer) => {
      printed += chunk.toString();
      const url = /listens on (http:\/\/\S+)/.exec(printed)?.[1];
      if (url) resolveUrl(url);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('close', () => reject(new Error(`The program exited before it listened:\n${printed}`)));
  });
  // Callers that only await the exit don't handle this rejection.
  listening.catch(() => {});
  return { child, startedAt, output: () => printed, listening, exited };
}

/** Stops a program gracefully, and resolves with its exit code or the signal that ended it. */
export function stopProcess({ child, exited }: ServerProcess): Promise<number | NodeJS.Signals | null> {
  child.kill('SIGTERM');
  return exited;
}

/** Signals until the process has exited: those that follow the first one within a moment count as the same Ctrl+C. */
export function signalUntilExit(signal: () => void, exited: Promise<unknown>): void {
  const timer = setInterval(signal, 50);
  void exited.finally(() => clearInterval(timer));
}

/** Stops the process, and returns when none of its threads runs any more: the signal alone takes a moment. */
export function freeze(child: ChildProcess): void {
  child.kill('SIGSTOP');
  const threads = `/proc/${child.pid}/task`;
  if (!existsSync(threads)) return;
  const end = performance.now() + 1_000;
  while (readdirSync(threads).some((id) => !isStopped(`${threads}/${id}/stat`))) {
    if (performance.now() > end) throw new Error('The process does not stop');
  }
}

/** The state follows the name of the process, which stands in brackets and may have any characters. */
function isStopped(statFile: string): boolean {
  return /\) [Tt] [^)]*$/.test(readFileSync(statFile, 'utf8'));
}

/** A server process that a run kills or stops and starts again, always on the same port and database. */
export class RestartableServer {
  private process: ServerProcess | null = null;

  private constructor(
    readonly url: string,
    private readonly directory: string,
    private readonly environment: Record<string, string>,
    private readonly command: readonly string[] | undefined,
  ) {}

  /** Chooses a port; `start` starts the server. `environment` is added to `TEST_ENVIRONMENT`. */
  static async create(
    directory: string,
    environment: Record<string, string>,
    command?: readonly string[],
  ): Promise<RestartableServer> {
    const port = await freePort();
    const complete = { ...TEST_ENVIRONMENT, ...environment, PORT: String(port) };
    return new RestartableServer(`http://127.0.0.1:${port}`, directory, complete, command);
  }

  /** Resolves when it listens. Rejects with its output if it exits first. */
  async start(): Promise<void> {
    this.process = startProcess(this.directory, this.environment, this.command);
    await this.process.listening;
  }

  /** Sends a signal, and resolves with the exit code or the signal that ended the process. */
  async end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
    this.process?.child.kill(signal);
    return this.process?.exited ?? null;
  }
}

/** A port of loopback on which nothing listens at the moment. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (typeof address !== 'object' || !address) throw new Error('The probe has no port');
  return address.port;
}

/** Creates a new folder for temporary files. The caller removes it. */
export function createTemporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'smart-chat-'));
}

/** Runs `work` with a new folder, and removes the folder afterwards. */
export async function inTemporaryFolder<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = createTemporaryFolder();
  try {
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
