import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { ChatError } from '../../src/domain/errors';
import type { ChatStore, NewExchange } from '../../src/stores/chatStore';
import { MAX_WAITING_CALLS } from '../../src/stores/databaseHealth';
import { openMongoStore } from '../../src/stores/mongo/store';
import { newExchange, times } from '../../testkit/builders';
import { describeWithOwnMongo } from '../support/describeWithMongo';
import type { MongoProcess } from '../support/mongoProcess';
import { startOwnMongo } from '../support/mongoServers';
import { addUser, append, chatErrorOf, present, readAll, seqsTo } from './storeFixture';

describeWithOwnMongo('MongoDB store: overload', () => {
  let mongo: MongoProcess;
  let store: ChatStore;
  let userId = '';
  const sessionId = randomUUID();

  beforeAll(async () => {
    mongo = present(await startOwnMongo());
    store = await openMongoStore(mongo.url);
    userId = (await addUser(store)).id;
  });
  afterAll(async () => {
    mongo.resume();
    await store.close();
    await mongo.stop();
  });

  /** A call that has timed out counts against the limit until its work ends. */
  async function appendOnceThereIsRoom(exchange: NewExchange): Promise<void> {
    for (;;) {
      try {
        await append(store, exchange);
        return;
      } catch (error) {
        if (!(error instanceof ChatError && error.code === 'UNAVAILABLE')) throw error;
        await setTimeout(10);
      }
    }
  }

  test('calls above the limit are rejected, and accepted again once the database has caught up', async () => {
    await append(store, newExchange(userId, sessionId));
    mongo.pause();
    let answered = 0;
    const taken = times(MAX_WAITING_CALLS, () => store.findUser(userId).finally(() => answered++));
    const settled = Promise.allSettled(taken);
    const refusals = [store.appendExchange(newExchange(userId, sessionId)), store.findUser(userId)];
    for (const refusal of refusals) {
      expect((await chatErrorOf(refusal, 'UNAVAILABLE')).retryAfterMs).toBeGreaterThan(0);
    }
    expect(answered).toBe(0);

    mongo.resume();
    await settled;
    // Without the id, a call that is stored after its deadline would be stored again.
    await appendOnceThereIsRoom(newExchange(userId, sessionId, { clientMessageId: randomUUID() }));
    const messages = await readAll(store, userId, sessionId);
    expect(messages.map(({ seq }) => seq)).toEqual(seqsTo(4));
  }, 30_000);
});
