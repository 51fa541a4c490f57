/** What Linux reports about a process in `/proc`. */
import { readFileSync } from 'node:fs';
import type { ServerProcess } from '../../testkit/serverProcess';

/** The unit of CPU times in `/proc`, on every Linux that Node.js runs on. */
const TICKS_PER_SECOND = 100;

/** The file with the CPU time of the whole process. */
export function cpuFileOf({ child }: ServerProcess): string {
  return `/proc/${child.pid}/stat`;
}

/** The file with the CPU time of the thread of the event loop. */
export function eventLoopCpuFileOf({ child }: ServerProcess): string {
  return `/proc/${child.pid}/task/${child.pid}/stat`;
}

/** The CPU time so far, in user and system mode, in seconds. */
export function cpuSecondsIn(cpuFile: string): number {
  const stat = readFileSync(cpuFile, 'utf8');
  // The name of the process is in brackets and may contain spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** The resident memory of the process, in bytes. */
export function residentMemoryOf({ child }: ServerProcess): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}
