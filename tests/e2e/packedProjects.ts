import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { exitOnSignals } from '../../testkit/serverProcess';

exitOnSignals();

export const ROOT = resolve(__dirname, '../..');
const LISTENING = /listens on (http:\/\/\S+)/;

/** Runs a command in a folder and returns its output. */
export function run(
  directory: string,
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): string {
  const { status, stdout } = spawnSync(command, args, {
    cwd: directory,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}`);
  return stdout;
}

/** Throws unless both are the same. */
export function expectSame(what: string, found: string, expected: string): void {
  if (found !== expected)
    throw new Error(`${what}: ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`);
  process.stdout.write(`ok: ${what}\n`);
}

/** Packs the built package in this folder of the checkout. Returns the path of the archive. */
export function pack(folder: string, destination: string): string {
  const args = ['pack', '--ignore-scripts', '--silent', '--pack-destination', destination];
  return join(destination, run(join(ROOT, folder), 'npm', args).trim());
}

/** Creates a project, empty or a copy of an example, and installs these packages in it. */
export function createProject(
  directory: string,
  name: string,
  packages: readonly string[],
  example?: string,
): string {
  const project = join(directory, name);
  mkdirSync(project);
  if (example !== undefined) cpSync(join(ROOT, 'examples', example), project, { recursive: true });
  else writeFileSync(join(project, 'package.json'), '{"name":"empty","private":true}');
  run(project, 'npm', ['install', '--no-audit', '--no-fund', '--silent', ...packages]);
  return project;
}

/** The options of the TypeScript compiler for each way in which it finds packages, by the name of the way. */
export const TYPE_MODES: readonly [resolution: string, options: readonly string[]][] = (
  [
    ['node16', 'node16'],
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ] as const
).map(([module, resolution]) => [
  resolution,
  ['--module', module, '--moduleResolution', resolution, '--target', 'es2022'],
]);

/** A program and its child processes. */
export interface RunningProgram {
  /** The URL that it printed at its start. */
  url: string;
  stop(): void;
}

/** Starts a program that prints the URL at which it listens. */
export async function startProgram(
  directory: string,
  command: readonly [string, ...string[]],
  env: Readonly<Record<string, string>> = {},
  listening = LISTENING,
): Promise<RunningProgram> {
  const [program, ...args] = command;
  const child = spawn(program, args, {
    cwd: directory,
    env: { PATH: process.env.PATH, HOME: directory, ...env },
    detached: true,
  });
  const stop = () => stopGroup(child);
  // Also if this program ends early: the group would outlive it.
  process.once('exit', stop);
  try {
    return { url: await printedUrl(child, listening), stop };
  } catch (error) {
    stop();
    throw error;
  }
}

/** Starts the packed server as a command, without any setting but its port. */
export function startPackedServer(project: string): Promise<RunningProgram> {
  return startProgram(project, ['npx', 'smart-chat-server', 'start'], { HOST: '127.0.0.1', PORT: '0' });
}

function printedUrl(child: ChildProcess, listening: RegExp): Promise<string> {
  let output = '';
  return new Promise((resolveUrl, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const found = listening.exec(output)?.[1];
      if (found) resolveUrl(found);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', () => reject(new Error(`The program exited:\n${output}`)));
  });
}

function stopGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGTERM');
  } catch {
    // All of it has ended.
  }
}
