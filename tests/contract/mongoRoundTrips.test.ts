import { randomUUID } from 'node:crypto';
import type { ChatStore } from '../../src/stores/chatStore';
import { at, newExchange, newQuestion, newReply, times } from '../../testkit/builders';
import { openCountedStore, type RoundTrips } from '../../testkit/mongoRoundTrips';
import { describeWithMongo } from '../support/describeWithMongo';
import { mongoUrlForTest } from '../support/testMongo';
import { addUser, append, present, readAll, seqsTo } from './storeFixture';

let second = 1_000;

/** A new time: for messages of the same time, one more command reads the id of the last one. */
function later() {
  second += 1;
  return { timestamp: at(second) };
}

describeWithMongo('MongoDB store: round trips', () => {
  let url = '';
  let store: ChatStore;
  let roundTrips: RoundTrips;
  let userId = '';
  let sessionId = '';

  beforeEach(async () => {
    url = present(mongoUrlForTest());
    await reopen();
    userId = (await addUser(store)).id;
    sessionId = randomUUID();
    await append(store, newExchange(userId, sessionId, { clientMessageId: 'known', ...later() }));
    await evictSessions();
    await store.findSession(userId, sessionId);
    roundTrips.restart();
  });
  afterEach(() => store.close());

  async function reopen(): Promise<void> {
    ({ store, roundTrips } = await openCountedStore(url));
  }

  /** Opens a new store, which has no sessions cached. */
  async function evictSessions(): Promise<void> {
    await store.close();
    await reopen();
    roundTrips.restart();
  }

  /** Including the removal of marks in the background. */
  async function commandsUntilClosed(): Promise<number> {
    await store.close();
    const { commands } = roundTrips;
    await reopen();
    return commands;
  }

  test('an exchange takes two: the messages, then the session', async () => {
    await append(store, newExchange(userId, sessionId, later()));
    expect(roundTrips.sequential).toBe(2);
    expect(await commandsUntilClosed()).toBeLessThanOrEqual(4);
  });

  test('an exchange in a session that is not cached takes one more', async () => {
    await evictSessions();
    await append(store, newExchange(userId, sessionId, later()));
    expect(roundTrips.sequential).toBe(3);
  });

  test('the first exchange of a session takes five', async () => {
    await append(store, newExchange(userId, randomUUID()));
    expect(roundTrips.sequential).toBe(5);
  });

  test('a repeat takes four', async () => {
    const again = await append(
      store,
      newExchange(userId, sessionId, { clientMessageId: 'known', ...later() }),
    );
    expect(again.duplicate).toBe(true);
    expect(roundTrips.sequential).toBe(4);
  });

  test('a later reply takes three', async () => {
    const { message } = await append(store, newQuestion(userId, sessionId, later()));
    roundTrips.restart();
    present(await store.appendReply(newReply(userId, message, later())));
    expect(roundTrips.sequential).toBe(3);
  });

  test('a page takes one, and two in a session that is not cached', async () => {
    // The first call opens a second connection.
    await store.readMessages(userId, sessionId, { limit: 50 });
    roundTrips.restart();
    await store.readMessages(userId, sessionId, { limit: 50 });
    expect(roundTrips.sequential).toBe(1);
    await evictSessions();
    await store.readMessages(userId, sessionId, { limit: 50 });
    expect(roundTrips.sequential).toBe(2);
  });

  test('concurrent exchanges share commands, in one session and in many', async () => {
    const sessions = times(50, () => randomUUID());
    await Promise.all(sessions.map((id) => append(store, newExchange(userId, id, later()))));
    roundTrips.restart();
    await Promise.all(
      sessions.flatMap((id) => times(4, () => append(store, newExchange(userId, id, later())))),
    );
    expect(await commandsUntilClosed()).toBeLessThanOrEqual(12);

    roundTrips.restart();
    await Promise.all(times(200, () => append(store, newExchange(userId, sessionId, later()))));
    expect(await commandsUntilClosed()).toBeLessThanOrEqual(12);
    expect((await readAll(store, userId, sessionId)).map(({ seq }) => seq)).toEqual(seqsTo(402));
  });
});
