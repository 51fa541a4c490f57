import { seedUsers } from '../../testkit/seeding';
import { inTemporaryFolder, type ServerProcess, stopProcess } from '../../testkit/serverProcess';
import type { Scale } from '../finding';
import type { Dialect, LoadPlan, LoadUser } from '../load/plan';
import { cpuFileOf } from './process';
import { startOurs } from './servers';
import type { Pair } from './statistics';

const ROUNDS = 5;

/** A server that ours is compared with. */
export interface Rival {
  name: string;
  start(directory: string): ServerProcess;
  dialect?: Dialect;
}

/** The part of a plan that says which server gets the load. */
export type Target = Pick<LoadPlan, 'url' | 'users' | 'dialect' | 'cpuFile'>;

/** The results of all rounds. */
export interface Turns<T> {
  ours: T[];
  rivals: { name: string; pairs: Pair<T>[] }[];
}

/**
 * Measures the rivals and our server alternately, in several rounds. All of them run all the time; all but one are idle. The rivals
 * have no logins.
 */
export function takeTurns<T>(
  rivals: readonly Rival[],
  connections: number,
  scale: Scale,
  measure: (target: Target, name: string) => Promise<T>,
): Promise<Turns<T>> {
  return inTemporaryFolder(async (directory) => {
    const users = await seedUsers(directory, scale(connections));
    const started: ServerProcess[] = [];
    const run = async (server: ServerProcess) => {
      started.push(server);
      return { url: await server.listening, cpuFile: cpuFileOf(server) };
    };
    try {
      const ours = { users, ...(await run(startOurs(directory))) };
      const others: { name: string; target: Target; pairs: Pair<T>[] }[] = [];
      for (const { name, start, dialect } of rivals) {
        const target = {
          users: withoutTokens(users),
          ...(dialect && { dialect }),
          ...(await run(start(directory))),
        };
        others.push({ name, target, pairs: [] });
      }
      const results: T[] = [];
      for (let round = 0; round < scale(ROUNDS); round += 1) {
        const result = await measure(ours, 'ours');
        results.push(result);
        for (const { name, target, pairs } of others) {
          pairs.push({ ours: result, other: await measure(target, name) });
        }
      }
      return { ours: results, rivals: others };
    } finally {
      await Promise.all(started.map(stopProcess));
    }
  });
}

/** The same users for a server without logins. */
export function withoutTokens(users: readonly LoadUser[]): LoadUser[] {
  return users.map(({ sessionId }) => ({ token: null, sessionId }));
}

/** One figure of each result of a pair. */
export function pick<T>(pairs: readonly Pair<T>[], figure: (result: T) => number): Pair[] {
  return pairs.map(({ ours, other }) => ({ ours: figure(ours), other: figure(other) }));
}
