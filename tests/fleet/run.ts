/**
 * `npm run test:fleet [-- --faults N] [--seed S] [--responder stream]` runs three built servers on one MongoDB and one Redis, breaks nodes,
 * Redis, hints and the database under load, and prints the faults that it found. The same seed gives the same plan of what is broken.
 */
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '../../testkit/random';
import { missingRedis } from '../../testkit/redisProcess';
import { endProcesses, exitOnSignals } from '../../testkit/serverProcess';
import {
  addFleetVerdicts,
  EMPTY_FLEET_VERDICT,
  isFleetClean,
  runFleetFaults,
  summarize,
} from './faults/fleetRun';
import { planFaults } from './faults/plan';

const USERS = 2;
/** Each round has new nodes and a new database: on the tests' stand-in every call takes longer the more messages there are. */
const FAULTS_PER_ROUND = 8;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      faults: { type: 'string', default: '100' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      responder: { type: 'string', default: 'echo' },
    },
  });
  process.once('exit', endProcesses);
  exitOnSignals();
  const { TEST_MONGODB_URL: mongoUrl, TEST_MONGODB_KIND: kind = 'url' } = process.env;
  const missing = mongoUrl ? missingRedis() : 'There is no MongoDB: set TEST_MONGODB_URL.';
  if (!mongoUrl || missing !== null) {
    process.stderr.write(`${missing}\n`);
    process.exit(1);
  }
  const [faults, seed] = [Number(values.faults), Number(values.seed)];
  process.stdout.write(`seed ${seed}, ${faults} faults, three nodes on MongoDB (${kind})\n`);
  const directory = mkdtempSync(join(tmpdir(), 'smart-chat-fleet-'));
  const responder =
    values.responder === 'stream' ? resolve(__dirname, '../faults/streamingResponder.cjs') : 'echo';
  const started = performance.now();
  const log = (line: string) => {
    process.stdout.write(`  ${line}\n`);
    appendFileSync(join(directory, 'run.log'), `${line}\n`);
  };
  const steps = planFaults(new Random(seed), faults);
  const random = new Random(seed + 1);
  let verdict = EMPTY_FLEET_VERDICT;
  for (let first = 0; first < steps.length; first += FAULTS_PER_ROUND) {
    log(`from fault ${first + 1} of ${steps.length}`);
    const round = {
      directory,
      mongoUrl: withDatabase(mongoUrl, `round_${first}`),
      users: USERS,
      steps: steps.slice(first, first + FAULTS_PER_ROUND),
    };
    verdict = addFleetVerdicts(verdict, await runFleetFaults({ ...round, random, responder, log }));
  }
  process.stdout.write(
    `${summarize(faults, verdict)}, in ${Math.round((performance.now() - started) / 1_000)} s\n`,
  );
  const isClean = isFleetClean(verdict);
  if (isClean) rmSync(directory, { recursive: true, force: true });
  else process.stdout.write(`The output of the nodes is in ${directory}\n`);
  process.exit(isClean ? 0 : 1);
}

function withDatabase(url: string, suffix: string): string {
  const database = new URL(url);
  database.pathname = `${database.pathname.length > 1 ? database.pathname : '/chat_fleet'}_${suffix}`;
  return database.href;
}

void main();
