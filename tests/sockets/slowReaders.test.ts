import { randomUUID } from 'node:crypto';
import { times } from '../../testkit/builders';
import { pollUntil } from '../../testkit/waiting';
import { type ClientSocket, connect, record, signUp } from '../support/client';
import { measuresTimes } from '../support/measuredTimes';
import { DeafConnection } from '../support/pollingConnection';
import { connectRaw } from '../support/rawConnection';
import { join, send } from '../support/socketCalls';
import { startTestServer, type TestServer, testOfOneNode } from '../support/testServer';

measuresTimes();

const LARGEST = 'x'.repeat(16_384);
const MEGABYTE = 1_048_576;

let server: TestServer;
let token: string;
let sessionId: string;
let writer: ClientSocket;

beforeAll(async () => {
  server = await startTestServer();
});

beforeEach(async () => {
  ({ token } = await signUp(server));
  sessionId = randomUUID();
  writer = await connect(server, token);
  await join(writer, sessionId);
});

/** Each message is two: its own and the echo, 32 KB together. */
async function write(messages: number): Promise<void> {
  for (let done = 0; done < messages; done += 50) {
    await Promise.all(times(50, () => send(writer, sessionId, LARGEST)));
  }
}

test('guarantee 10: who doesn’t read but answers pings is dropped once 1 MB has waited for 2 s', async () => {
  const deaf = await DeafConnection.open(server, token);
  expect(await deaf.send(`420["join-session","${sessionId}"]`)).toBe(true);
  await write(50);
  const begin = performance.now();
  await deaf.dropped();
  expect(performance.now() - begin).toBeGreaterThan(1_000);
  await send(writer, sessionId, 'the writer is still served');
});

test('who asks for pages without reading them is dropped at 16 MB, at once', async () => {
  await write(100);
  const deaf = await DeafConnection.open(server, token);
  const page = JSON.stringify(['join-session', { sessionId, after: 0 }]);
  const begin = performance.now();
  // A page is 1.6 MB: eleven are too many.
  for (const id of times(11, (index) => index)) await deaf.send(`42${id}${page}`);
  await deaf.dropped();
  expect(performance.now() - begin).toBeLessThan(1_900);
});

test('a client that asks for three hundred pages at once delays only itself', async () => {
  await Promise.all(times(50, (index) => send(writer, sessionId, `${index}`)));
  const greedy = await connectRaw(server, token);
  const page = JSON.stringify(['join-session', { sessionId, after: 0 }]);
  greedy.send(...times(300, (id) => `42${id}${page}`));
  for (const round of times(5, (index) => index)) await send(writer, randomUUID(), `meanwhile ${round}`);
  expect(greedy.frames.filter((frame) => frame.includes('[{"ok":true')).length).toBeLessThan(100);
  expect(await greedy.frame('43299[')).toContain('"ok":true');
  greedy.cut();
});

testOfOneNode(
  'who stops reading a WebSocket gets what its buffers held, and the end',
  async () => {
    const slow = await connectRaw(server, token);
    slow.send(`420["join-session","${sessionId}"]`);
    await slow.frame('430');
    slow.pause();
    await write(1_000);
    slow.resume();
    await slow.closed;
    const received = slow.frames.reduce((sum, { length }) => sum + length, 0);
    process.stderr.write(`a slow reader got ${(received / MEGABYTE).toFixed(1)} of 31 MB\n`);
    expect(received).toBeLessThan(28 * MEGABYTE);
  },
  60_000,
);

test('who waits for little stays, however long', async () => {
  const deaf = await DeafConnection.open(server, token);
  await deaf.send(`420["join-session","${sessionId}"]`);
  await send(writer, sessionId, 'little');
  const begin = performance.now();
  const ping = async () => expect(await deaf.send('3')).toBe(true);
  await pollUntil(ping, () => performance.now() - begin >= 3_000);
});

testOfOneNode('who reads is sent pages larger than the limit', async () => {
  await write(100);
  const reader = await connect(server, token);
  const heard = record(reader, 'message');
  const pages = await Promise.all(times(6, () => join(reader, { sessionId, after: 0 })));
  for (const { messages } of pages) expect(messages).toHaveLength(100);
  await write(200);
  await heard.atLeast(400);
  expect(reader.connected).toBe(true);
});
