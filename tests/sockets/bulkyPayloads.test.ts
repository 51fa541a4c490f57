import { times } from '../../testkit/builders';
import { type ClientSocket, connect, signUp } from '../support/client';
import { measuresTimes } from '../support/measuredTimes';
import { askAnything, emitAnything } from '../support/socketCalls';
import { startTestServer } from '../support/testServer';

measuresTimes();

const COUNT = 100;
const LENGTH = 60_000;
/** To read bytes or a list costs more than to read a text; to copy it into an object, a property for each, 12 times as much. */
const MOST = 6;

/** The CPU time that it takes to have it refused as a message many times, client and server together, in microseconds. */
async function cpuTimeOf(socket: ClientSocket, payload: unknown): Promise<number> {
  const before = process.cpuUsage();
  for (const _ of times(COUNT, () => null)) emitAnything(socket, 'message', payload);
  await askAnything(socket, 'message', payload);
  return process.cpuUsage(before).user;
}

test.each<[string, unknown]>([
  ['bytes', Buffer.alloc(LENGTH, 1)],
  ['a list', times(LENGTH / 2, () => 0)],
])('guarantee 9: to refuse %s as a message costs little more than a text as long', async (_what, payload) => {
  const server = await startTestServer();
  const socket = await connect(server, (await signUp(server)).token);
  const text = 'x'.repeat(LENGTH);
  await cpuTimeOf(socket, text);
  await cpuTimeOf(socket, payload);
  const ofText = await cpuTimeOf(socket, text);
  expect((await cpuTimeOf(socket, payload)) / ofText).toBeLessThan(MOST);
});
