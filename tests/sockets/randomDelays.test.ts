import { randomInt, randomUUID } from 'node:crypto';
import type { Message } from '../../src/domain/message';
import type { Prompt } from '../../src/responders/responder';
import { times } from '../../testkit/builders';
import { Random } from '../../testkit/random';
import { type ClientSocket, connect, signUp } from '../support/client';
import { delayedStore } from '../support/delayedStore';
import { join, successOf } from '../support/socketCalls';
import { startTestServer, testDatabases } from '../support/testServer';

const DEVICES = 4;
const ROUNDS = 12;
const SENDS_PER_ROUND = 10;
/** Each message and its reply. */
const MESSAGES = 2 * ROUNDS * SENDS_PER_ROUND;

/** Records the `seq` of everything that a device receives, in the order of arrival. */
function observe(socket: ClientSocket) {
  const received: number[] = [];
  let onReceived = () => {};
  const note = ({ seq }: Message) => {
    received.push(seq);
    onReceived();
  };
  socket.on('message', note);
  return {
    received,
    /** Its acknowledgement counts as received at the moment it arrives, not when a promise of it resolves. */
    send: (sessionId: string, content: string) =>
      new Promise<void>((resolve) => {
        socket.emit('message', { sessionId, content }, (answer) => {
          note(successOf(answer).message);
          resolve();
        });
      }),
    complete: () =>
      new Promise<void>((resolve) => {
        onReceived = () => received.length >= MESSAGES && resolve();
        onReceived();
      }),
  };
}

describe.each(testDatabases)(
  'guarantees 3 and 6: with random delays between store and sockets, on %s',
  (_name, makeDatabase) => {
    const seed = randomInt(2 ** 31);

    test(`every device receives acknowledgements, messages and deferred replies in order (seed ${seed})`, async () => {
      const random = new Random(seed);
      const delay = delayedStore(random);
      const responder = { kind: 'deferred' as const, respond: async ({ content }: Prompt) => content };
      const server = await startTestServer({
        database: makeDatabase(),
        parts: { responder },
        wrapStore: (store) => delay(delay(store)),
      });
      const { token } = await signUp(server);
      const devices = await Promise.all(times(DEVICES, () => connect(server, token)));
      const sessionId = randomUUID();
      for (const device of devices) await join(device, sessionId);
      const observed = devices.map(observe);
      for (const round of times(ROUNDS, String)) {
        await Promise.all(
          times(SENDS_PER_ROUND, (index) => random.pick(observed).send(sessionId, `${round} ${index}`)),
        );
      }
      for (const { received, complete } of observed) {
        await complete();
        expect(received).toEqual(times(MESSAGES, (index) => index + 1));
      }
    });
  },
);
