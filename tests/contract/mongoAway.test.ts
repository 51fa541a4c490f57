import { randomUUID } from 'node:crypto';
import { ChatError } from '../../src/domain/errors';
import type { ChatStore } from '../../src/stores/chatStore';
import { openMongoStore } from '../../src/stores/mongo/store';
import { newExchange, newQuestion, newSession, times } from '../../testkit/builders';
import { describeWithOwnMongo } from '../support/describeWithMongo';
import { measuresTimes } from '../support/measuredTimes';
import type { MongoProcess } from '../support/mongoProcess';
import { startOwnMongo } from '../support/mongoServers';
import { addUser, append, chatErrorOf, present, readAll } from './storeFixture';

measuresTimes();

const LIMIT_MS = 3_000;
/** The driver detects it at its next heartbeat. */
const RECOVERY_LIMIT_MS = 10_000;

describeWithOwnMongo('MongoDB store: the database is unavailable', () => {
  let mongo: MongoProcess;
  let store: ChatStore;
  let userId = '';

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

  async function expectUnavailable(call: () => Promise<unknown>): Promise<void> {
    const start = performance.now();
    await chatErrorOf(call(), 'UNAVAILABLE');
    expect(performance.now() - start).toBeLessThan(LIMIT_MS);
  }

  /** Repeats the call until the database is available again. */
  async function recovered<T>(call: () => Promise<T>): Promise<T> {
    const end = performance.now() + RECOVERY_LIMIT_MS;
    for (;;) {
      try {
        return await call();
      } catch (error) {
        const away = error instanceof ChatError && error.code === 'UNAVAILABLE';
        if (!away || performance.now() > end) throw error;
      }
    }
  }

  const calls: (() => Promise<unknown>)[] = [
    () => store.ping(),
    () => store.findUser(userId),
    () => store.openSession(newSession(userId)),
    () => store.appendExchange(newExchange(userId, randomUUID())),
    () => store.findUnanswered(10),
  ];

  test('while MongoDB is paused, every call is rejected within 3 s; afterwards calls succeed again', async () => {
    mongo.pause();
    // Twice: before and after the driver has detected it.
    await Promise.all(calls.map(expectUnavailable));
    await Promise.all(calls.map(expectUnavailable));
    mongo.resume();
    await recovered(() => store.ping());
    expect(await recovered(() => store.findUser(userId))).toMatchObject({ id: userId });
    await recovered(() => append(store, newExchange(userId, randomUUID())));
  }, 30_000);

  test('while MongoDB is paused, each of many concurrent calls is rejected within 3 s', async () => {
    const sessionId = randomUUID();
    await append(store, newExchange(userId, sessionId));
    mongo.pause();
    await Promise.all(
      times(50, () => expectUnavailable(() => store.appendExchange(newExchange(userId, sessionId)))),
    );
    mongo.resume();
    await recovered(() => store.ping());
  }, 30_000);

  test('a message of which the outcome is unknown is stored once after it is repeated', async () => {
    const question = newQuestion(userId, randomUUID(), { clientMessageId: 'c-1' });
    mongo.pause();
    await expectUnavailable(() => store.appendExchange(question));
    mongo.resume();
    await recovered(() => store.appendExchange({ ...question }));
    expect(await readAll(store, userId, question.sessionId)).toHaveLength(1);
  }, 30_000);

  test('after MongoDB is stopped, every call is rejected within 3 s', async () => {
    await mongo.stop();
    for (const call of calls) await expectUnavailable(call);
  }, 30_000);

  test('while MongoDB is paused, the store can be closed', async () => {
    mongo.pause();
    const pending = chatErrorOf(store.findUser(userId), 'UNAVAILABLE');
    await store.close();
    await pending;
  }, 10_000);
});
