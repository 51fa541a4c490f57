import { populate } from '../../testkit/seeding';
import type { ServerProcess } from '../../testkit/serverProcess';
import type { Benchmark } from '../finding';
import { FrameSocket } from '../load/frameSocket';
import type { Sender } from '../load/plan';
import { memoryOf, PROBED } from '../support/memory';
import { inFolder, startBare, startOurs, stop } from '../support/servers';
import { compare, show } from '../support/statistics';

const CONNECTIONS = 4_000;
const ROUNDS = 5;
const GOAL = 1.3;

/** What a connection costs that does nothing; ours is logged in, each as another user, and has joined a session. */
export const memory: Benchmark = {
  name: 'memory',
  run: (tell) =>
    inFolder(async (directory) => {
      const senders = await populate(directory, CONNECTIONS);
      const strangers = senders.map(({ sessionId }) => ({ token: null, sessionId }));
      const pairs: { ours: number; other: number }[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        const other = await perConnection(startBare(directory, PROBED), strangers);
        const ours = await perConnection(startOurs(directory, PROBED), senders);
        tell(`${(ours / 1024).toFixed(1)} KB a connection, bare ${(other / 1024).toFixed(1)} KB`);
        pairs.push({ ours: ours / 1024, other: other / 1024 });
      }
      const { ours, other, ratio } = compare(pairs);
      return [
        {
          what: `memory of an idle connection, logged in and joined, of ${CONNECTIONS.toLocaleString('en')}`,
          ours: show(ours, 1, ' KB'),
          compared: `${show(other, 1, ' KB')} bare`,
          ratio: show(ratio, 2),
          goal: `≤ ${GOAL}`,
          isReached: ratio.median <= GOAL,
        },
      ];
    }),
};

async function perConnection(server: ServerProcess, senders: readonly Sender[]): Promise<number> {
  const url = await server.listening;
  // What the first connections load and compile is no part of what each of them costs.
  const first = await open(url, senders.slice(0, 100));
  const before = await memoryOf(server);
  const others = await open(url, senders.slice(100));
  const after = await memoryOf(server);
  for (const socket of [...first, ...others]) socket.close();
  await stop(server);
  return (after - before) / others.length;
}

async function open(url: string, senders: readonly Sender[]): Promise<FrameSocket[]> {
  const sockets: FrameSocket[] = [];
  for (const { token, sessionId } of senders) {
    const socket = await FrameSocket.open(url, token);
    if (token !== null) await joined(socket, sessionId);
    sockets.push(socket);
  }
  return sockets;
}

function joined(socket: FrameSocket, sessionId: string): Promise<void> {
  return new Promise((resolve) => {
    socket.onFrame = (frame) => {
      if (!frame.toString().startsWith('430')) return;
      socket.onFrame = () => {};
      resolve();
    };
    socket.send(`420["join-session","${sessionId}"]`);
  });
}
