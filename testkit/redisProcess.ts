import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { endProcesses, endWithOthers, freePort, freeze } from './serverProcess';

/** Where Debian's package puts it. */
const BINARY = '/usr/bin/redis-server';

/** A Redis on a free port of loopback that keeps nothing on disk. */
export interface RedisServer {
  readonly url: string;
  /** It keeps its connections and responds to nothing. */
  pause(): void;
  resume(): void;
  kill(): Promise<void>;
  /** Starts it again on the same port, empty. */
  restart(): Promise<void>;
}

process.once('exit', endProcesses);

/** Says what to install if Redis is missing, otherwise null. */
export function missingRedis(): string | null {
  return existsSync(BINARY) ? null : 'Redis is not installed: run "apt-get install redis-server".';
}

/** Starts a Redis, which ends with this process at the latest. */
export async function startRedisProcess(): Promise<RedisServer> {
  const port = await freePort();
  let child = await start(port);
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    pause: () => freeze(child),
    resume: () => void child.kill('SIGCONT'),
    kill,
    async restart() {
      await kill();
      child = await start(port);
    },
  };
}

async function start(port: number): Promise<ChildProcess> {
  const options = ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no'];
  const child = spawn(BINARY, options, { stdio: ['ignore', 'pipe', 'ignore'] });
  endWithOthers(child);
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.includes('Ready to accept connections')) break;
  }
  child.stdout.resume();
  return child;
}
