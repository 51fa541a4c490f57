import { randomUUID } from 'node:crypto';
import { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { ChatError } from '../../src/domain/errors';
import type { Message } from '../../src/domain/message';
import { times } from '../../testkit/builders';
import { authCalls } from '../rest/support';
import { api, type ClientSocket, connect, PASSWORD, signUp } from '../support/client';
import { HeldStore } from '../support/heldStore';
import { DeafConnection } from '../support/pollingConnection';
import { ask, disconnection, send } from '../support/socketCalls';
import { startTestServer, testOfOneNode } from '../support/testServer';

/** More than a second's work of the server, and fewer than it refuses as too many. */
const FLOOD = 1_900;
/** How many sockets send it. */
const FLOODING = 10;

testOfOneNode(
  'guarantee 9: those who send a lot at once wait for themselves, and nobody else for them',
  async () => {
    const server = await startTestServer();
    const [flooding, patient] = await Promise.all([signUp(server), signUp(server)]);
    const floods = await Promise.all(times(FLOODING, () => connect(server, flooding.token)));
    const other = await connect(server, patient.token);
    const sessionIds = times(FLOODING, () => randomUUID());
    const otherId = randomUUID();
    await send(other, otherId, 'first');

    let answered = 0;
    const note = (message: Message) => {
      answered += 1;
      return message;
    };
    const answers = floods.flatMap((flood, index) =>
      atOnce(flood, () =>
        times(FLOOD / FLOODING, (count) => send(flood, sessionIds[index] ?? '', String(count)).then(note)),
      ),
    );
    await setImmediate();
    await send(other, otherId, 'second');
    expect(answered).toBeLessThan(FLOOD * 0.75);

    const stored = await Promise.all(answers);
    const perSession = times(FLOOD / FLOODING, (count) => 2 * count + 1);
    expect(stored.map(({ seq }) => seq)).toEqual(sessionIds.flatMap(() => perSession));
  },
);

test('guarantee 7: what a socket has sent and what has not begun is not done any more once its login has ended', async () => {
  const server = await startTestServer();
  const { user, token } = await signUp(server);
  const other = await authCalls(server).logIn(user.email, PASSWORD).expect(200);
  const flood = await connect(server, token);
  const sessionId = randomUUID();
  await send(flood, sessionId, 'first');
  atOnce(flood, () => {
    for (const content of times(FLOOD, String)) flood.emit('message', { sessionId, content });
  });
  const closed = disconnection(flood);
  await api(server, token).post('/api/auth/logout').expect(204);
  await closed;
  const last = await send(await connect(server, other.body.token), sessionId, 'last');
  expect(last.seq).toBeLessThan(FLOOD);
});

test('guarantee 11: what has been read and has not begun at a stop is refused, and not forgotten', async () => {
  const server = await startTestServer();
  const flood = await connect(server, (await signUp(server)).token);
  const sessionId = randomUUID();
  const answers: string[] = [];
  const asked = atOnce(flood, () =>
    times(FLOOD, async (index) => {
      const answer = await ask(flood, { sessionId, content: String(index) });
      answers.push(answer.ok ? 'ok' : answer.error.code);
    }),
  );
  await asked[0];
  const closed = disconnection(flood);
  await server.close();
  await closed;
  expect(answers).toHaveLength(FLOOD);
  expect([...new Set(answers)].toSorted()).toEqual(['UNAVAILABLE', 'ok']);
});

test('guarantee 10: a client whose reading can not be put off is cut when it goes on', async () => {
  const server = await startTestServer();
  const connection = await DeafConnection.open(server, (await signUp(server)).token);
  const events = times(8_000, () => '42["x"]').join('\x1e');
  expect(await connection.send(events)).toBe(true);
  await connection.send(events);
  expect(await connection.send(events)).toBe(false);
});

test('guarantee 10: refusing thousands of queued events takes little memory', async () => {
  const store = new HeldStore();
  const server = await startTestServer({ wrapStore: store.wrap });
  const connection = await DeafConnection.open(server, (await signUp(server)).token);
  const lookUps = times(8, () => store.hold('findSession', 'call'));
  const joins = times(8, () => `42["join-session","${randomUUID()}"]`);
  await connection.send([...joins, ...times(4_000, () => '42["x"]')].join('\x1e'));
  await Promise.all(lookUps.map(({ reached }) => reached));
  const heapBefore = process.memoryUsage().heapUsed;
  for (const lookUp of lookUps) lookUp.fail(new ChatError('UNAVAILABLE'));
  let peak = heapBefore;
  while (!/^chat_in_flight 0$/m.test(await server.scrape())) {
    await setImmediate();
    peak = Math.max(peak, process.memoryUsage().heapUsed);
  }
  expect(peak - heapBefore).toBeLessThan(200_000_000);
});

/** Lets all frames leave with one write, as those of a client whose network was gone for a while do. */
function atOnce<T>(socket: ClientSocket, write: () => T): T {
  const connection: unknown = Reflect.get(Object(Reflect.get(socket.io.engine.transport, 'ws')), '_socket');
  if (!(connection instanceof Socket)) throw new Error('the client has no WebSocket');
  connection.cork();
  void setImmediate().then(() => connection.uncork());
  return write();
}
