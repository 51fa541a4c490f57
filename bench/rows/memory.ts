import { seedUsers } from '../../testkit/seeding';
import { inTemporaryFolder, type ServerProcess, stopProcess } from '../../testkit/serverProcess';
import type { Benchmark } from '../finding';
import { FrameSocket } from '../load/frameSocket';
import type { LoadUser } from '../load/plan';
import { MEMORY_PROBE, memoryOf } from '../support/memory';
import { startBare, startOurs } from '../support/servers';
import { compare, format, type Pair } from '../support/statistics';
import { withoutTokens } from '../support/turns';

const CONNECTIONS = 4_000;
const ROUNDS = 5;
const GOAL = 1.3;

/** Measures the memory of an idle connection. Each of ours is logged in as another user and has joined a session. */
export const memory: Benchmark = {
  name: 'memory',
  run: (log, scale) =>
    inTemporaryFolder(async (directory) => {
      const users = await seedUsers(directory, scale(CONNECTIONS));
      const pairs: Pair[] = [];
      for (let round = 0; round < scale(ROUNDS); round += 1) {
        const other = await memoryPerConnection(startBare(directory, MEMORY_PROBE), withoutTokens(users));
        const ours = await memoryPerConnection(startOurs(directory, MEMORY_PROBE), users);
        log(`${(ours / 1024).toFixed(1)} KB a connection, bare ${(other / 1024).toFixed(1)} KB`);
        pairs.push({ ours: ours / 1024, other: other / 1024 });
      }
      const { ours, other, ratio } = compare(pairs);
      return [
        {
          what: `memory of an idle connection, logged in and joined, of ${CONNECTIONS.toLocaleString('en')}`,
          ours: format(ours, 1, ' KB'),
          compared: `${format(other, 1, ' KB')} bare`,
          ratio: format(ratio, 2),
          goal: `≤ ${GOAL}`,
          isReached: ratio.median <= GOAL,
        },
      ];
    }),
};

/** Stops the server in the end. In bytes. */
export async function memoryPerConnection(
  server: ServerProcess,
  users: readonly LoadUser[],
): Promise<number> {
  const url = await server.listening;
  // The first connections also load and compile code, which is not part of the cost of each.
  const few = Math.min(100, users.length / 2);
  const first = await open(url, users.slice(0, few));
  const before = await memoryOf(server);
  const others = await open(url, users.slice(few));
  const after = await memoryOf(server);
  for (const socket of [...first, ...others]) socket.close();
  await stopProcess(server);
  return (after - before) / others.length;
}

async function open(url: string, users: readonly LoadUser[]): Promise<FrameSocket[]> {
  const sockets: FrameSocket[] = [];
  for (const { token, sessionId } of users) {
    const socket = await FrameSocket.open(url, token);
    if (token !== null) await join(socket, sessionId);
    sockets.push(socket);
  }
  return sockets;
}

/** Resolves when the join is acknowledged. */
export function join(socket: FrameSocket, sessionId: string): Promise<void> {
  return new Promise((resolve) => {
    socket.onFrame = (frame) => {
      if (!frame.startsWith('430')) return;
      socket.onFrame = () => {};
      resolve();
    };
    socket.send(`420["join-session","${sessionId}"]`);
  });
}
