import { randomUUID } from 'node:crypto';
import { newExchange, newLogin, newUser } from '../../testkit/builders';
import { openCountedStore, type RoundTrips } from '../../testkit/mongoRoundTrips';
import { type SeededUser, seedUsers, seedUsersIn } from '../../testkit/seeding';
import { inTemporaryFolder, type ServerProcess, stopProcess } from '../../testkit/serverProcess';
import type { Benchmark, Finding, Scale } from '../finding';
import { generate } from '../load/generate';
import type { LoadPlan } from '../load/plan';
import { type MongoUnderTest, mongoUnderTest, newDatabase } from '../support/mongoDatabase';
import { cpuFileOf, eventLoopCpuFileOf } from '../support/process';
import { startOurs } from '../support/servers';
import { compare, format, type Pair } from '../support/statistics';

const SESSIONS = 10;
const IN_FLIGHT_EACH = 4;
/** Few, as an in-memory stand-in for MongoDB gets slower with each message. */
const WARM_UP = 40;
const MEASURED = 400;
/** The messages, then their session: the minimum for two collections without a transaction. */
const GOAL = 2;

/** A rate that the stand-in keeps up with. */
const PER_SECOND = 100;
const CPU_GOAL = 2;
const ROUNDS = 3;

type Append = (sessionId: string) => Promise<void>;

/**
 * Measures how many exchanges per second the store writes to MongoDB, how many commands each of them takes and waits for, and the CPU
 * time of the server for each, which is comparable with that of another MongoDB.
 */
export const mongo: Benchmark = {
  name: 'mongo',
  async run(log, scale) {
    const database = mongoUnderTest();
    if (!database) {
      log('SKIPPED: TEST_MONGODB_URL is not set');
      return [];
    }
    return [await measureStore(database, scale(MEASURED)), await measureCpu(database, log, scale)];
  },
};

async function measureStore({ url, kind }: MongoUnderTest, measured: number): Promise<Finding> {
  const { store, roundTrips } = await openCountedStore(url);
  try {
    const user = newUser();
    await store.createUser(user, newLogin(user.id));
    const append: Append = async (sessionId) => {
      // With the time of the message before, it would read that one's id.
      const timestamp = new Date().toISOString();
      const stored = await store.appendExchange(newExchange(user.id, sessionId, { timestamp }));
      if (!stored || stored.duplicate) throw new Error('An exchange was not stored');
    };
    const sessions = Array.from({ length: SESSIONS }, () => randomUUID());
    await keepInFlight(sessions, append, WARM_UP);
    roundTrips.restart();
    const start = performance.now();
    await keepInFlight(sessions, append, measured);
    const seconds = (performance.now() - start) / 1_000;
    const commands = roundTrips.commands / measured;
    const sequential = await sequentialCommands(roundTrips, () => append(sessions[0] ?? ''));
    return {
      what: `MongoDB (${kind}): exchanges stored a second, ${SESSIONS} sessions × ${IN_FLIGHT_EACH} in flight`,
      ours: Math.round(measured / seconds).toLocaleString('en'),
      compared: `${commands.toFixed(2)} commands an exchange; a single one waits for ${sequential}`,
      ratio: '',
      goal: `waits for ≤ ${GOAL}`,
      isReached: sequential <= GOAL,
    };
  } finally {
    await store.close();
  }
}

async function keepInFlight(sessions: readonly string[], append: Append, count: number): Promise<void> {
  let remaining = count;
  const appendRepeatedly = async (sessionId: string) => {
    while (remaining > 0) {
      remaining -= 1;
      await append(sessionId);
    }
  };
  const each = Array.from({ length: IN_FLIGHT_EACH });
  await Promise.all(sessions.flatMap((sessionId) => each.map(() => appendRepeatedly(sessionId))));
}

/** The commands that one exchange waits for, one after the other. */
async function sequentialCommands(roundTrips: RoundTrips, append: () => Promise<void>): Promise<number> {
  roundTrips.restart();
  await append();
  return roundTrips.sequential;
}

/**
 * Compares the CPU time of a server on MongoDB with that of the event loop of one on SQLite, whose other threads do what MongoDB does:
 * at the same rate, and with the same number of exchanges in flight, where a slow MongoDB leaves the server little to do at a time.
 */
function measureCpu(database: MongoUnderTest, log: (line: string) => void, scale: Scale): Promise<Finding> {
  return inTemporaryFolder(async (directory) => {
    const onSqlite = await seedUsers(directory, SESSIONS);
    const round = async (load: LoadPlan['load']): Promise<Pair> => {
      // The stand-in gets slower with each message.
      const target = newDatabase(database);
      const onMongo = await seedUsersIn(target, SESSIONS);
      const environment = { DATABASE_URL: target.url };
      const ours = await cpuUnderLoad(startOurs(directory, [], environment), cpuFileOf, onMongo, load, scale);
      const other = await cpuUnderLoad(startOurs(directory), eventLoopCpuFileOf, onSqlite, load, scale);
      log(`CPU of an exchange: ${ours.toFixed(0)} µs, ${other.toFixed(0)} µs in the event loop on SQLite`);
      return { ours, other };
    };
    const atRate: Pair[] = [];
    const inFlight: Pair[] = [];
    for (let count = 0; count < scale(ROUNDS); count += 1) {
      atRate.push(await round({ kind: 'open', perSecond: PER_SECOND }));
      inFlight.push(await round({ kind: 'closed', inFlight: IN_FLIGHT_EACH }));
    }
    const { ours, other, ratio } = compare(atRate);
    const busy = compare(inFlight);
    return {
      what: `MongoDB (${database.kind}): CPU time of the server for an exchange, at ${PER_SECOND} a second`,
      ours: format(ours, 0, ' µs'),
      compared: `${format(other, 0, ' µs')} in the event loop on SQLite; with ${SESSIONS} × ${IN_FLIGHT_EACH} in flight ${format(busy.ours)} : ${format(busy.other)} µs`,
      ratio: format(ratio, 1),
      goal: `≤ ${CPU_GOAL}`,
      isReached: ratio.median <= CPU_GOAL,
    };
  });
}

/** The CPU time for an exchange, in microseconds. Stops the server. */
async function cpuUnderLoad(
  server: ServerProcess,
  fileOf: (server: ServerProcess) => string,
  users: readonly SeededUser[],
  load: LoadPlan['load'],
  scale: Scale,
): Promise<number> {
  const times = { warmUpMs: scale(1_000), measureMs: scale(3_000) };
  const plan = { url: await server.listening, users, ...times, load, cpuFile: fileOf(server) };
  const { cpuMicroseconds } = await generate(plan);
  await stopProcess(server);
  return cpuMicroseconds ?? Number.NaN;
}
