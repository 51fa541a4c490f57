import { randomUUID } from 'node:crypto';
import type { ChatStore } from '../../src/stores/chatStore';
import { at, newExchange } from '../../testkit/builders';
import { openCountedStore, type RoundTrips } from '../../testkit/mongoRoundTrips';
import { describeWithOwnMongo } from '../support/describeWithMongo';
import { type MongoFront, startMongoFront } from '../support/mongoFront';
import { mongoUrlForTest } from '../support/testMongo';
import { addUser, append, chatErrorOf, present, readAll, seqsTo } from './storeFixture';

describeWithOwnMongo('MongoDB store: failed inserts', () => {
  let front: MongoFront;
  let store: ChatStore;
  let roundTrips: RoundTrips;
  let userId = '';
  const sessionId = randomUUID();
  // A store may insert the messages of several sessions with one command.
  const sessionIds = [randomUUID(), randomUUID(), sessionId];

  /** Sends a message as a client does; the server gives it new ids each time. */
  let second = 1;
  /** Each time is later than the one before: for messages of the same time, one more command reads the id of the last one. */
  const send = (clientMessageId: string, to = sessionId) => {
    second += 1;
    return append(store, newExchange(userId, to, { clientMessageId, timestamp: at(second) }));
  };

  beforeAll(async () => {
    front = await startMongoFront(present(mongoUrlForTest()));
    ({ store, roundTrips } = await openCountedStore(front.url));
    userId = (await addUser(store)).id;
    for (const id of sessionIds) await send('first', id);
  });
  afterEach(() => front.resumeReplication());
  afterAll(async () => {
    await store.close();
    await front.stop();
  });

  test('messages that are not replicated are not acknowledged, even if the insert ends at a duplicate', async () => {
    const sendAll = () => [...sessionIds.map((id) => send('second', id)), send('first')];
    front.stopReplication();
    await Promise.all(sendAll().map((sending) => chatErrorOf(sending, 'UNAVAILABLE')));

    front.resumeReplication();
    for (const { message, reply } of await Promise.all(sendAll())) {
      expect(reply).toMatchObject({ replyTo: message.messageId });
    }
    for (const id of sessionIds) {
      const messages = await readAll(store, userId, id);
      expect(messages.map(({ seq }) => seq)).toEqual(seqsTo(4));
      const sent = messages.filter(({ sender }) => sender === 'user');
      expect(sent.map(({ clientMessageId }) => clientMessageId)).toEqual(['first', 'second']);
    }
  });

  test('after a failed insert, the session is read again before the next message is stored', async () => {
    await send('before');
    roundTrips.restart();
    await send('to a known session');
    expect(roundTrips.sequential).toBe(2);

    front.rejectNext();
    await chatErrorOf(send('failed'), 'UNAVAILABLE');
    roundTrips.restart();
    await send('after');
    expect(roundTrips.sequential).toBe(3);
  });
});
