import { setTimeout as elapse } from 'node:timers/promises';
import { seedUsers } from '../../testkit/seeding';
import { inTemporaryFolder, type ServerProcess, stopProcess } from '../../testkit/serverProcess';
import type { Benchmark } from '../finding';
import { FrameSocket } from '../load/frameSocket';
import type { LoadUser } from '../load/plan';
import { residentMemoryOf } from '../support/process';
import { startBare, startOurs } from '../support/servers';
import { compare, format, type Pair } from '../support/statistics';
import { withoutTokens } from '../support/turns';

const CONNECTIONS = 4_000;
/** How long the connections are idle. V8 usually collects garbage within this time when a process has nothing to do. */
const IDLE_MS = 45_000;
const ROUNDS = 3;
const GOAL = 1.15;

/** Measures the resident memory of an idle connection. Each of ours is logged in as another user and has joined a session. */
export const memory: Benchmark = {
  name: 'memory',
  run: (log, scale) =>
    inTemporaryFolder(async (directory) => {
      const users = await seedUsers(directory, scale(CONNECTIONS));
      const measure = async (server: ServerProcess, those: readonly LoadUser[]) =>
        (await memoryPerConnection(server, those, residentMemoryOf, scale(IDLE_MS))) / 1024;
      const pairs: Pair[] = [];
      for (let round = 0; round < scale(ROUNDS); round += 1) {
        const [other, ours] = await Promise.all([
          measure(startBare(directory), withoutTokens(users)),
          measure(startOurs(directory), users),
        ]);
        log(`${ours.toFixed(1)} KB a connection, bare ${other.toFixed(1)} KB`);
        pairs.push({ ours, other });
      }
      const { ours, other, ratio } = compare(pairs);
      return [
        {
          what: `memory of a connection, logged in and joined, of ${CONNECTIONS.toLocaleString('en')} that are idle for ${IDLE_MS / 1_000} s`,
          ours: format(ours, 1, ' KB'),
          compared: `${format(other, 1, ' KB')} bare`,
          ratio: format(ratio, 2),
          goal: `≤ ${GOAL}`,
          isReached: ratio.median <= GOAL,
        },
      ];
    }),
};

/** By how much the memory of the server grows for each connection until it has been idle for so long, in bytes. Stops the server. */
export async function memoryPerConnection(
  server: ServerProcess,
  users: readonly LoadUser[],
  memoryNow: (server: ServerProcess) => number | Promise<number>,
  idleMs: number,
): Promise<number> {
  const url = await server.listening;
  // The first connections also load and compile code, which is not part of the cost of each.
  const few = Math.min(100, users.length / 2);
  const first = await open(url, users.slice(0, few));
  const before = await memoryNow(server);
  const others = await open(url, users.slice(few));
  await elapse(idleMs);
  const after = await memoryNow(server);
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
