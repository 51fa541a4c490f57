import { randomUUID } from 'node:crypto';
import type { ChatStore } from '../../src/stores/chatStore';
import { newExchange, newQuestion, newReply, times } from '../../testkit/builders';
import { openCountedStore, type RoundTrips } from '../../testkit/mongoRoundTrips';
import { mongoUrlForTest } from '../support/testMongo';
import { addUser, append, present, readAll, seqsTo } from './storeFixture';

const describeWithMongo = mongoUrlForTest() === null ? describe.skip : describe;

describeWithMongo('MongoDB store: round trips', () => {
  let url = '';
  let store: ChatStore;
  let roundTrips: RoundTrips;
  let userId = '';
  let sessionId = '';

  beforeEach(async () => {
    url = present(mongoUrlForTest());
    await openAgain();
    userId = (await addUser(store)).id;
    sessionId = randomUUID();
    await append(store, newExchange(userId, sessionId, { clientMessageId: 'known' }));
    await forget();
    await store.findSession(userId, sessionId);
    roundTrips.restart();
  });
  afterEach(() => store.close());

  async function openAgain(): Promise<void> {
    ({ store, roundTrips } = await openCountedStore(url));
  }

  /** Another process, to which no session is known. */
  async function forget(): Promise<void> {
    await store.close();
    await openAgain();
    roundTrips.restart();
  }

  /** With the marks that nobody waits for. */
  async function commandsUntilClosed(): Promise<number> {
    await store.close();
    const { commands } = roundTrips;
    await openAgain();
    return commands;
  }

  test('an exchange waits for two: the messages, then the session', async () => {
    await append(store, newExchange(userId, sessionId));
    expect(roundTrips.sequential).toBe(2);
    expect(await commandsUntilClosed()).toBeLessThanOrEqual(4);
  });

  test('an exchange in a session that this process doesn’t know yet waits for one more', async () => {
    await forget();
    await append(store, newExchange(userId, sessionId));
    expect(roundTrips.sequential).toBe(3);
  });

  test('the first exchange of a session waits for five', async () => {
    await append(store, newExchange(userId, randomUUID()));
    expect(roundTrips.sequential).toBe(5);
  });

  test('a repeat waits for four', async () => {
    const again = await append(store, newExchange(userId, sessionId, { clientMessageId: 'known' }));
    expect(again.duplicate).toBe(true);
    expect(roundTrips.sequential).toBe(4);
  });

  test('a reply that comes later waits for three', async () => {
    const { message } = await append(store, newQuestion(userId, sessionId));
    roundTrips.restart();
    present(await store.appendReply(newReply(userId, message)));
    expect(roundTrips.sequential).toBe(3);
  });

  test('a page waits for one, and for two in a session that this process doesn’t know yet', async () => {
    // The first time a second connection is made.
    await store.readMessages(userId, sessionId, { limit: 50 });
    roundTrips.restart();
    await store.readMessages(userId, sessionId, { limit: 50 });
    expect(roundTrips.sequential).toBe(1);
    await forget();
    await store.readMessages(userId, sessionId, { limit: 50 });
    expect(roundTrips.sequential).toBe(2);
  });

  test('many exchanges at once, in one session or in many, share their commands', async () => {
    const sessions = times(50, () => randomUUID());
    await Promise.all(sessions.map((id) => append(store, newExchange(userId, id))));
    roundTrips.restart();
    await Promise.all(sessions.flatMap((id) => times(4, () => append(store, newExchange(userId, id)))));
    expect(await commandsUntilClosed()).toBeLessThanOrEqual(12);

    roundTrips.restart();
    await Promise.all(times(200, () => append(store, newExchange(userId, sessionId))));
    expect(await commandsUntilClosed()).toBeLessThanOrEqual(12);
    expect((await readAll(store, userId, sessionId)).map(({ seq }) => seq)).toEqual(seqsTo(402));
  });
});
