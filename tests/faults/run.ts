/**
 * `npm run test:faults [-- --kills N] [--seed S] [--database URL] [--load light] [--storm CLIENTS] [--responder stream]` kills a built server under
 * load, and with `--storm` once more with many clients connected, and prints the faults that it found.
 */
import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { HEAVY_LOAD, LIGHT_LOAD, runKills } from '../../testkit/killRun';
import { Random } from '../../testkit/random';
import { createTemporaryFolder, RestartableServer } from '../../testkit/serverProcess';
import { isClean, type Verdict } from '../../testkit/verdict';
import { DOCUMENTED } from '../support/documents/account';
import { takeViolations } from '../support/documents/violations';
import { runStorm } from './reconnectStorm';
import { countUpstreamRequests, type UpstreamRequests } from './upstreamRequests';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '100' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      load: { type: 'string', default: 'heavy' },
      storm: { type: 'string', default: '0' },
      responder: { type: 'string', default: 'echo' },
      database: { type: 'string', default: 'sqlite://./chat.db' },
    },
  });
  const kills = Number(values.kills);
  const random = new Random(Number(values.seed));
  process.stdout.write(
    `seed ${random.seed}, ${kills} kills, on ${values.database.replace(/\/\/.*@/, '//***@')}\n`,
  );
  const load = values.load === 'light' ? LIGHT_LOAD : HEAVY_LOAD;
  const directory = createTemporaryFolder();
  const isStreamed = values.responder === 'stream';
  const responder = isStreamed ? resolve(__dirname, 'streamingResponder.cjs') : 'echo';
  const server = await RestartableServer.create(directory, {
    DATABASE_URL: values.database,
    RESPONDER: responder,
  });
  const started = performance.now();
  try {
    await server.start();
    const verdict = await runKills(server, {
      kills,
      load,
      random,
      account: DOCUMENTED,
      onKill(count) {
        if (count % 10 === 0) process.stdout.write(`  ${count} of ${kills}\n`);
      },
    });
    process.stdout.write(
      `${summary(kills, verdict)}, in ${Math.round((performance.now() - started) / 1000)} s\n`,
    );
    const isBilledOnce = !isStreamed || isWithinBound(countUpstreamRequests(directory, kills, load));
    const isDone = isClean(verdict) && isBilledOnce && (await isStormClean(server, Number(values.storm)));
    process.exitCode = isDone && isAsDocumented() ? 0 : 1;
  } finally {
    await server.end('SIGTERM');
    rmSync(directory, { recursive: true, force: true });
  }
}

function isAsDocumented(): boolean {
  const violations = takeViolations();
  for (const violation of violations) process.stdout.write(`differs from the documents: ${violation}\n`);
  return violations.length === 0;
}

function isWithinBound({ requests, messages, bound }: UpstreamRequests): boolean {
  process.stdout.write(
    `${requests} requests to the responder for ${messages} messages, at most ${bound} are allowed\n`,
  );
  return requests <= bound;
}

async function isStormClean(server: RestartableServer, clients: number): Promise<boolean> {
  if (clients === 0) return true;
  const { faults, milliseconds } = await runStorm(server, clients);
  process.stdout.write(
    `${clients} clients served again ${Math.round(milliseconds)} ms after a restart, ${faults} faults\n`,
  );
  return faults === 0;
}

function summary(kills: number, { acknowledged, lost, doubled, gaps, unanswered, misseen }: Verdict): string {
  return `${kills} kills, ${acknowledged} acknowledged, ${lost} lost, ${doubled} doubled, ${gaps} gaps, ${unanswered} unanswered, ${misseen} misseen`;
}

void main();
