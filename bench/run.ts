/**
 * `npm run bench [-- NAME …] [--readme | --tiny]` measures and prints the figures as a table; `--readme` also writes it to the README.
 * `--tiny` runs everything for a moment, to see that it works: its figures mean nothing.
 * `npx tsx bench/run.ts NAME` does the same with the build that is already there. The rows `mongo` and `fleet` need `TEST_MONGODB_URL`, which
 * `npm run bench` sets; `alternatives` installs Feathers from the registry of npm.
 */
import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import type { Benchmark, Finding, Scale } from './finding';
import { writeToReadme } from './readme';
import { alternatives } from './rows/alternatives';
import { deletions } from './rows/deletions';
import { disk } from './rows/disk';
import { echo } from './rows/echo';
import { fleet } from './rows/fleet';
import { history } from './rows/history';
import { kill } from './rows/kill';
import { latency } from './rows/latency';
import { loginStorm } from './rows/loginStorm';
import { memory } from './rows/memory';
import { mongo } from './rows/mongo';
import { overload } from './rows/overload';
import { replies } from './rows/replies';
import { start } from './rows/start';

const BENCHMARKS: readonly Benchmark[] = [
  echo,
  alternatives,
  latency,
  memory,
  history,
  deletions,
  loginStorm,
  start,
  disk,
  overload,
  replies,
  mongo,
  fleet,
  kill,
];

/** The part of the work that `--tiny` does. */
const TINY = 1 / 50;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { readme: { type: 'boolean', default: false }, tiny: { type: 'boolean', default: false } },
  });
  const names = BENCHMARKS.map(({ name }) => name);
  const unknown = positionals.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    process.stderr.write(`Unknown benchmark: ${unknown.join(', ')}. Choose from: ${names.join(', ')}.\n`);
    process.exit(1);
  }
  const chosen = BENCHMARKS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const scale: Scale = values.tiny ? (full) => Math.ceil(full * TINY) : (full) => full;
  const findings: Finding[] = [];
  for (const { name, run } of chosen) {
    process.stderr.write(`${name}\n`);
    findings.push(...(await run((line) => process.stderr.write(`  ${line}\n`), scale)));
  }
  const report = `${tableOf(findings)}\n\n${machine()}\n`;
  process.stdout.write(`\n${report}`);
  if (values.readme && !values.tiny) writeToReadme(report);
}

function tableOf(findings: readonly Finding[]): string {
  const rows = findings.map(({ what, ours, compared, ratio, goal, isReached }) =>
    [what, ours, compared, ratio, `${goal} ${isReached ? '✓' : '✗'}`].join(' | '),
  );
  const head = ['what', 'ours', 'compared with', 'ratio', 'goal'];
  return [head.join(' | '), head.map(() => '---').join(' | '), ...rows].map((row) => `| ${row} |`).join('\n');
}

function machine(): string {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD']).toString().trim();
  const memory = Math.round(totalmem() / 1024 ** 3);
  return `Medians (minimum–maximum) on ${availableParallelism()} cores of ${cpus()[0]?.model ?? 'an unknown model'}, ${memory} GiB, Node.js ${process.version}, commit ${commit}.`;
}

void main();
