import { randomUUID } from 'node:crypto';
import { newExchange, newLogin, newUser } from '../../testkit/builders';
import { openCountedStore, type RoundTrips } from '../../testkit/mongoRoundTrips';
import type { Benchmark, Finding } from '../finding';

const SESSIONS = 10;
const IN_FLIGHT_EACH = 4;
/** Few, as an in-memory stand-in for MongoDB gets slower with each message. */
const WARM_UP = 40;
const MEASURED = 400;
/** The messages, then their session: the minimum for two collections without a transaction. */
const GOAL = 2;

type Append = (sessionId: string) => Promise<void>;

/**
 * Measures how many exchanges per second the store writes to MongoDB, and how many commands each of them takes and waits for. It
 * uses the database at `TEST_MONGODB_URL`. `npm run bench` sets it to a new database of the MongoDB that the tests use, and
 * `TEST_MONGODB_KIND` to the kind of that MongoDB.
 */
export const mongo: Benchmark = {
  name: 'mongo',
  async run(log, scale) {
    const { TEST_MONGODB_URL: url, TEST_MONGODB_KIND: kind = 'url' } = process.env;
    if (!url) {
      log('SKIPPED: TEST_MONGODB_URL is not set');
      return [];
    }
    return [await measure(url, kind, scale(MEASURED))];
  },
};

async function measure(url: string, kind: string, measured: number): Promise<Finding> {
  const { store, roundTrips } = await openCountedStore(url);
  try {
    const user = newUser();
    await store.createUser(user, newLogin(user.id));
    const append: Append = async (sessionId) => {
      const stored = await store.appendExchange(newExchange(user.id, sessionId));
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
