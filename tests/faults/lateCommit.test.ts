import { randomUUID } from 'node:crypto';
import { echo, type Responder } from '../../src/responders/responder';
import { deferred } from '../../testkit/waiting';
import { connect, record, signUp } from '../support/client';
import { describeWithOwnMongo } from '../support/describeWithMongo';
import { HeldStore } from '../support/heldStore';
import { measuresTimes } from '../support/measuredTimes';
import { type MongoFront, startMongoFront } from '../support/mongoFront';
import { ask, join, send } from '../support/socketCalls';
import { mongoUrlForTest } from '../support/testMongo';
import { startTestServer } from '../support/testServer';
import { frozenMongo } from './awayDatabase';

// The driver's heartbeat may fail just before the call does. Then the driver closes the connection, and nothing is stored late.
measuresTimes();

const responders: Responder[] = [echo, { kind: 'deferred', respond: async ({ content }) => content }];

describeWithOwnMongo('what is stored after its sender was told UNAVAILABLE, on MongoDB, frozen', () => {
  test.each(responders)(
    'guarantees 4 and 6: is answered and heard, by a $kind responder',
    async (responder) => {
      const database = await frozenMongo();
      const server = await startTestServer({ database: database.config, parts: { responder } });
      const { token } = await signUp(server);
      const [phone, laptop] = [await connect(server, token), await connect(server, token)];
      const sessionId = randomUUID();
      await join(laptop, sessionId);
      const heard = [record(phone, 'message'), record(laptop, 'message')] as const;
      await send(phone, sessionId, 'first');
      await heard[0].atLeast(1);

      database.takeAway();
      const refused = await ask(phone, { sessionId, content: 'late', clientMessageId: 'late' });
      expect(refused).toMatchObject({ ok: false, error: { code: 'UNAVAILABLE' } });
      await database.giveBack();
      await Promise.all([heard[0].atLeast(2), heard[1].atLeast(4)]);
      while (!(await ask(phone, { sessionId, content: 'late', clientMessageId: 'late' })).ok);
      // Its own messages no socket hears, and a repetition nobody.
      while (!(await ask(laptop, { sessionId, content: 'next' })).ok);
      await Promise.all([heard[0].atLeast(4), heard[1].atLeast(5)]);
      expect(heard.map(({ seen }) => seen.map(({ seq }) => seq))).toEqual([
        [2, 4, 5, 6],
        [1, 2, 3, 4, 6],
      ]);
      await server.close();
      await database.end();
    },
    30_000,
  );
});

let front: MongoFront | null = null;
afterAll(() => front?.stop());

describeWithOwnMongo('a deferred reply that MongoDB takes too long to store', () => {
  test('guarantee 4: is heard live as soon as it is known to be stored', async () => {
    const { pathname, search } = new URL(mongoUrlForTest() ?? '');
    front = await startMongoFront(mongoUrlForTest() ?? '');
    const store = new HeldStore();
    const answer = deferred<string>();
    const server = await startTestServer({
      database: { kind: 'mongodb', url: new URL(pathname + search, front.url).href },
      parts: { responder: { kind: 'deferred', respond: () => answer.promise } },
      wrapStore: store.wrap,
    });
    const { token } = await signUp(server);
    const socket = await connect(server, token);
    const heard = record(socket, 'message');
    const { messageId } = await send(socket, randomUUID(), 'question');

    const insert = front.holdInsert();
    const append = store.hold('appendReply', 'result');
    answer.resolve('late');
    await insert.reached;
    // Nobody has answered for so long that the call has failed.
    await append.reached;
    append.release();
    insert.release();
    expect(await heard.atLeast(1)).toMatchObject([{ seq: 2, content: 'late', replyTo: messageId }]);
  });
});
