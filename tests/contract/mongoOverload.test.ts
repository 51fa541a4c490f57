import { randomUUID } from 'node:crypto';
import type { ChatStore } from '../../src/stores/chatStore';
import { openMongoStore } from '../../src/stores/mongoStore';
import { MAX_WAITING } from '../../src/stores/overload';
import { newExchange, times } from '../support/builders';
import { measuresTimes } from '../support/measuredTimes';
import type { MongoProcess } from '../support/mongoProcess';
import { canStartOwnMongo, startOwnMongo } from '../support/testMongo';
import { addUser, append, chatErrorOf, present, readAll, seqsTo } from './storeFixture';

measuresTimes();

const describeWithOwnMongo = canStartOwnMongo() ? describe : describe.skip;

describeWithOwnMongo('MongoDB store: more than the database takes', () => {
  let mongo: MongoProcess;
  let store: ChatStore;
  let userId = '';
  const sessionId = randomUUID();

  beforeEach(async () => {
    mongo = present(await startOwnMongo());
    store = await openMongoStore(mongo.url);
    userId = (await addUser(store)).id;
  });
  afterEach(async () => {
    mongo.resume();
    await store.close();
    await mongo.stop();
  });

  async function expectRefusedAtOnce(call: Promise<unknown>): Promise<void> {
    const start = performance.now();
    const { retryAfterMs } = await chatErrorOf(call, 'UNAVAILABLE');
    expect(performance.now() - start).toBeLessThan(1_000);
    expect(retryAfterMs).toBeGreaterThan(0);
  }

  test('what is too much is refused at once, what was taken is done, and then there is room again', async () => {
    await append(store, newExchange(userId, sessionId));
    mongo.pause();
    const sends = times(20, () => append(store, newExchange(userId, sessionId)));
    const others = times(MAX_WAITING - sends.length, () => store.ping());
    await expectRefusedAtOnce(store.appendExchange(newExchange(userId, sessionId)));
    await expectRefusedAtOnce(store.findUser(userId));
    mongo.resume();
    await Promise.all([...sends, ...others]);

    await append(store, newExchange(userId, sessionId));
    const messages = await readAll(store, userId, sessionId);
    expect(messages.map(({ seq }) => seq)).toEqual(seqsTo(44));
  }, 30_000);

  test('calls that were given up count until they end', async () => {
    mongo.pause();
    const given = times(MAX_WAITING, () => chatErrorOf(store.findUser(userId), 'UNAVAILABLE'));
    const errors = await Promise.all(given);
    expect(errors.filter(({ retryAfterMs }) => retryAfterMs !== undefined)).toEqual([]);
    await expectRefusedAtOnce(store.findUser(userId));
  }, 30_000);
});
