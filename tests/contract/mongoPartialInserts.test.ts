import { randomUUID } from 'node:crypto';
import type { ChatStore, NewExchange } from '../../src/stores/chatStore';
import { openMongoStore } from '../../src/stores/mongo/store';
import { at, newExchange, newReply, times } from '../../testkit/builders';
import { openCountedStore } from '../../testkit/mongoRoundTrips';
import { describeWithOwnMongo } from '../support/describeWithMongo';
import { type MongoFront, startMongoFront } from '../support/mongoFront';
import { mongoUrlForTest } from '../support/testMongo';
import { duplicateContract } from './duplicateContract';
import { exchangeContract } from './exchangeContract';
import { orderContract } from './orderContract';
import { sessionContract } from './sessionContract';
import { sharedDatabaseContract } from './sharedDatabaseContract';
import { addUser, append, chatErrorOf, type OpenStore, present, readAll, seqsTo } from './storeFixture';

describeWithOwnMongo('MongoDB store: partial inserts', () => {
  let front: MongoFront;
  beforeAll(async () => {
    front = await startMongoFront(present(mongoUrlForTest()));
  });
  afterAll(() => front.stop());

  /** Opens the same new database behind the front each time. */
  function newDatabase(): OpenStore {
    const { pathname, search } = new URL(present(mongoUrlForTest()));
    return () => openMongoStore(new URL(pathname + search, front.url).href);
  }

  describe('exchanges', () => exchangeContract(newDatabase()));
  describe('repeated messages', () => duplicateContract(newDatabase()));
  describe('order', () => orderContract(newDatabase()));
  describe('sessions', () => sessionContract(newDatabase()));
  describe('two stores on one database', () => sharedDatabaseContract(newDatabase()));

  describe('interrupted', () => {
    let store: ChatStore;
    let userId = '';
    beforeAll(async () => {
      store = await newDatabase()();
      userId = (await addUser(store)).id;
    });
    let opened: ChatStore | undefined;
    afterEach(async () => {
      await opened?.close();
      opened = undefined;
    });
    afterAll(() => store.close());

    // Two sessions of three exchanges each: twelve messages in all.
    test.each(times(12, (documents) => [documents]))('after %i messages', async (documents) => {
      const sessions = times(2, () => randomUUID());
      for (const id of sessions) await append(store, newExchange(userId, id));
      const sendings = sessions.flatMap((id) =>
        times(3, (i) => newExchange(userId, id, { clientMessageId: `c-${i}` })),
      );
      front.cutAfter(documents);
      const results = await Promise.allSettled(sendings.map((sending) => append(store, sending)));
      const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason.code] : []));
      expect(new Set(reasons)).toEqual(new Set(['UNAVAILABLE']));

      // The next attempts and the next start complete the interrupted exchanges.
      const again = await Promise.all(sendings.map((sending) => append(store, renewed(sending))));
      for (const { userId: owner, message } of await store.findUnanswered(100)) {
        await store.appendReply(newReply(owner, message));
      }
      expect(again.map(({ message }) => message.clientMessageId)).toEqual(
        sendings.map(({ message }) => message.clientMessageId),
      );
      for (const id of sessions) {
        const messages = await readAll(store, userId, id);
        expect(messages.map(({ seq }) => seq)).toEqual(seqsTo(8));
        const [asked, answered] = ['user', 'server'].map((sender) =>
          messages.filter((message) => message.sender === sender),
        );
        expect(answered?.map(({ replyTo }) => replyTo).toSorted()).toEqual(
          asked?.map(({ messageId }) => messageId).toSorted(),
        );
        expect(await store.findSession(userId, id)).toMatchObject({ lastSeq: 8 });
      }
    });

    test('after a lost connection, cached sessions are discarded', async () => {
      const { store: counted, roundTrips } = await openCountedStore(front.url);
      opened = counted;
      const { id } = await addUser(counted);
      const { message } = await append(counted, newExchange(id, randomUUID()));
      const { message: other } = await append(counted, newExchange(id, randomUUID()));
      front.cutAfter(0);
      await chatErrorOf(append(counted, newExchange(id, other.sessionId)), 'UNAVAILABLE');
      await counted.ping();

      roundTrips.restart();
      await append(counted, newExchange(id, message.sessionId, { timestamp: at(2) }));
      expect(roundTrips.sequential).toBe(3);
    });

    /** The same message sent again by the client: the server gives it new ids. */
    function renewed({ sessionId, message: { clientMessageId } }: Required<NewExchange>): NewExchange {
      return newExchange(userId, sessionId, { clientMessageId: present(clientMessageId) });
    }
  });
});
