import type { ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** A MongoDB server whose process this run owns. */
export interface MongoProcess {
  url: string;
  /** Freezes the process: it keeps its connections and responds to nothing. */
  pause(): void;
  resume(): void;
  /** Ends the process for good, paused or not. */
  stop(): Promise<void>;
}

/** The MongoDB of the tests, or why there is none. */
export type MongoChoice =
  | { kind: 'url'; description: string; url: string }
  | { kind: 'mongod' | 'stand-in'; description: string; binary: string }
  | { kind: 'none'; reason: string };

/** Milliseconds in which a server must be ready. */
export const START_LIMIT_MS = 30_000;

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
