import { randomUUID } from 'node:crypto';
import type { Prompt } from '../../src/responders/responder';
import { times } from '../../testkit/builders';
import { connect, record, signUp } from '../support/client';
import { HeldStore } from '../support/heldStore';
import { join, send } from '../support/socketCalls';
import { startTestServer, testDatabases } from '../support/testServer';

const ROUNDS = 21;
const SENDS_AT_ONCE = 30;

/** Answers each message as soon as it is asked. */
const quick = { kind: 'deferred' as const, respond: async ({ content }: Prompt) => `answer to ${content}` };

describe.each(testDatabases)(
  'guarantee 3: a deferred reply that is stored together with messages, on %s',
  (_name, makeDatabase) => {
    /** Three devices in one session; the last one only listens. */
    async function devicesInSession() {
      const store = new HeldStore();
      const server = await startTestServer({
        database: makeDatabase(),
        parts: { responder: quick },
        wrapStore: store.wrap,
      });
      const { token } = await signUp(server);
      const [phone, laptop, listener] = await Promise.all([
        connect(server, token),
        connect(server, token),
        connect(server, token),
      ]);
      const sessionId = randomUUID();
      await Promise.all([phone, laptop, listener].map((device) => join(device, sessionId)));
      return { store, phone, laptop, sessionId, heard: record(listener, 'message') };
    }

    test('overtakes none of them and is overtaken by none, whatever its place among them', async () => {
      const { store, phone, laptop, sessionId, heard } = await devicesInSession();
      for (const round of times(ROUNDS, (index) => index)) {
        const reply = store.hold('appendReply', 'call');
        const question = send(phone, sessionId, 'question');
        await reply.reached;
        const messages = [store.hold('appendExchange', 'call'), store.hold('appendExchange', 'call')];
        const sends = [question, send(phone, sessionId, 'one'), send(laptop, sessionId, 'other')];
        await Promise.all(messages.map(({ reached }) => reached));
        // In one turn of the event loop, so that SQLite stores the three in one commit.
        for (const { release } of messages.toSpliced(round % 3, 0, reply)) release();
        await Promise.all(sends);
        await heard.atLeast((round + 1) * 6);
      }
      expect(heard.seen.map(({ seq }) => seq)).toEqual(times(ROUNDS * 6, (index) => index + 1));
    });

    test('is heard in its place among many that devices send without waiting', async () => {
      const { phone, laptop, sessionId, heard } = await devicesInSession();
      for (const round of times(5, (index) => index + 1)) {
        await Promise.all(
          times(SENDS_AT_ONCE, (index) => send(index % 2 ? phone : laptop, sessionId, `${index}`)),
        );
        await heard.atLeast(round * SENDS_AT_ONCE * 2);
      }
      expect(heard.seen.map(({ seq }) => seq)).toEqual(times(SENDS_AT_ONCE * 10, (index) => index + 1));
    });
  },
);
