import { randomUUID } from 'node:crypto';
import type { ChatStore } from '../../src/stores/chatStore';
import { newExchange, newLogin, newUser } from '../../testkit/builders';
import { openCountedStore, type RoundTrips } from '../../testkit/mongoRoundTrips';
import { chooseMongo, startMongo } from '../../tests/support/mongoServers';
import { keepForTeardown, tearDownMongo } from '../../tests/support/mongoTeardown';
import { mongoUrlForTest, publishMongo } from '../../tests/support/testMongo';
import type { Benchmark, Finding } from '../finding';

const SESSIONS = 10;
const IN_FLIGHT_EACH = 4;
/** Few, because the stand-in of the tests reads all that is stored for each command. */
const WARM_UP = 40;
const MEASURED = 400;
/** The messages, then their session: the least that two collections without a transaction allow. */
const GOAL = 2;

/** How many exchanges a second the store gets into MongoDB, and how many commands each of them waits for and takes. */
export const mongo: Benchmark = {
  name: 'mongo',
  async run(tell) {
    const choice = await chooseMongo();
    if (choice.kind === 'none') {
      tell(`left out: ${choice.reason}`);
      return [];
    }
    tell(choice.description);
    const server = await startMongo(choice);
    const url = choice.kind === 'url' ? choice.url : (server?.url ?? '');
    publishMongo(choice, url);
    keepForTeardown({ server, url, external: choice.kind === 'url' });
    try {
      return [await measure(choice.kind)];
    } finally {
      await tearDownMongo();
    }
  },
};

async function measure(kind: string): Promise<Finding> {
  const { store, roundTrips } = await openCountedStore(mongoUrlForTest() ?? '');
  try {
    const append = await appenderOf(store);
    const sessions = Array.from({ length: SESSIONS }, () => randomUUID());
    await keepUnderWay(sessions, append, WARM_UP);
    roundTrips.restart();
    const start = performance.now();
    await keepUnderWay(sessions, append, MEASURED);
    const seconds = (performance.now() - start) / 1_000;
    const commands = roundTrips.commands / MEASURED;
    const waits = await waitsOfOne(roundTrips, () => append(sessions[0] ?? ''));
    return {
      what: `MongoDB (${kind}): exchanges stored a second, ${SESSIONS} sessions × ${IN_FLIGHT_EACH} in flight`,
      ours: Math.round(MEASURED / seconds).toLocaleString('en'),
      compared: `${commands.toFixed(2)} commands an exchange; one alone waits for ${waits}`,
      ratio: '',
      goal: `waits for ≤ ${GOAL}`,
      isReached: waits <= GOAL,
    };
  } finally {
    await store.close();
  }
}

async function appenderOf(store: ChatStore) {
  const user = newUser();
  await store.createUser(user, newLogin(user.id));
  return async (sessionId: string): Promise<void> => {
    const stored = await store.appendExchange(newExchange(user.id, sessionId));
    if (!stored || stored.duplicate) throw new Error('an exchange was not stored');
  };
}

async function keepUnderWay(
  sessions: readonly string[],
  append: (sessionId: string) => Promise<void>,
  count: number,
): Promise<void> {
  let left = count;
  const lane = async (sessionId: string) => {
    while (left > 0) {
      left -= 1;
      await append(sessionId);
    }
  };
  const each = Array.from({ length: IN_FLIGHT_EACH });
  await Promise.all(sessions.flatMap((sessionId) => each.map(() => lane(sessionId))));
}

async function waitsOfOne(roundTrips: RoundTrips, append: () => Promise<void>): Promise<number> {
  roundTrips.restart();
  await append();
  return roundTrips.oneAfterAnother;
}
