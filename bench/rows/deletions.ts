import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { endWithOthers, fromSource } from '../../testkit/serverProcess';
import type { Benchmark, Finding } from '../finding';

const PROGRAM = fromSource(join(__dirname, '../../tests/faults/largeDeletions.ts'));
const MESSAGES = 4_000_000;
const SESSIONS = 10_000;
const GOAL_MS = 100;
/** A line that the program prints for each deletion. */
const LINE =
  /^(?<what>.+): deleted in (?<deleted>\d+) ms, no row left after (?<purged>[\d.]+) s, longest wait of others (?<wait>\d+) ms \((?<usual>\d+) ms before\)/;

/** Measures how long others wait at most while a large session and a large account are deleted. */
export const deletions: Benchmark = {
  name: 'deletions',
  async run(log, scale) {
    const sizes = ['--messages', String(scale(MESSAGES)), '--sessions', String(scale(SESSIONS))];
    const child = spawn(process.execPath, [...PROGRAM, ...sizes], { stdio: ['ignore', 'pipe', 'inherit'] });
    endWithOthers(child);
    const lines = (await text(child.stdout)).trim().split('\n');
    for (const line of lines) log(line);
    return lines.map(findingOf);
  },
};

function findingOf(line: string): Finding {
  const { what, deleted, purged, wait, usual } = LINE.exec(line)?.groups ?? {};
  if (wait === undefined) throw new Error(`The deletions were not measured: ${line}`);
  return {
    what: `longest wait of others while the ${what} is deleted`,
    ours: `${wait} ms`,
    compared: `${usual} ms before; answered after ${deleted} ms, no row left after ${purged} s`,
    ratio: '',
    goal: `≤ ${GOAL_MS} ms`,
    isReached: Number(wait) <= GOAL_MS,
  };
}
