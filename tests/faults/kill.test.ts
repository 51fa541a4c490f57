import { resolve } from 'node:path';
import { HEAVY_LOAD, LIGHT_LOAD, runKills } from '../../testkit/killRun';
import { Random } from '../../testkit/random';
import { builtProgram, RestartableServer } from '../../testkit/serverProcess';
import { DOCUMENTED } from '../support/documents/account';
import { isLongRun } from '../support/longRun';
import { useProcessFolder } from '../support/processFolder';
import { builtTestProgram } from '../support/serverBuild';
import { testDatabases } from '../support/testServer';
import { countUpstreamRequests } from './upstreamRequests';

const STREAMING_RESPONDER = resolve(__dirname, 'streamingResponder.cjs');
const SLOW_RESPONDER = [builtTestProgram('tests/faults/slowResponderServer')];

const PLAIN = [
  'loses, doubles, reorders and leaves unanswered nothing',
  1,
  [builtProgram('server')],
] as const;
const SLOW = [
  'leaves no message of a slow responder unanswered, and answers none twice',
  1,
  SLOW_RESPONDER,
] as const;

describe.each(testDatabases)('guarantees 1 to 4, on %s', (name, makeDatabase) => {
  const directory = useProcessFolder();
  // A short run kills with a slow responder on the one store, and in mid-text on the other one.
  const isFirst = isLongRun || name === testDatabases[0]?.[0];
  const isLast = isLongRun || name === testDatabases.at(-1)?.[0];

  test.each(isFirst ? [PLAIN, SLOW] : [PLAIN])(
    'kill -9 under load %s (%i times)',
    async (_promise, kills, command) => {
      const database = makeDatabase();
      const DATABASE_URL = database.kind === 'sqlite' ? `sqlite://${database.path}` : database.url;
      const server = await RestartableServer.create(directory, { DATABASE_URL }, command);
      await server.start();
      const load = name === 'SQLite' ? HEAVY_LOAD : LIGHT_LOAD;
      const verdict = await runKills(server, {
        kills,
        load,
        random: new Random(1),
        account: DOCUMENTED,
      });
      expect(verdict).toEqual({
        acknowledged: expect.any(Number),
        lost: 0,
        doubled: 0,
        gaps: 0,
        unanswered: 0,
        misseen: 0,
      });
      expect(verdict.acknowledged).toBeGreaterThan(kills);
      expect(await server.end('SIGTERM')).toBe(0);
    },
    90_000,
  );

  if (!isLast) return;

  test('kill -9 in mid-text leaves no message of a streaming responder unanswered, and asks about none twice but for a crash', async () => {
    const database = makeDatabase();
    const DATABASE_URL = database.kind === 'sqlite' ? `sqlite://${database.path}` : database.url;
    const environment = { DATABASE_URL, RESPONDER: STREAMING_RESPONDER };
    const server = await RestartableServer.create(directory, environment);
    await server.start();
    const [kills, load, random] = [1, LIGHT_LOAD, new Random(1)];
    const verdict = await runKills(server, { kills, load, random, account: DOCUMENTED });
    const { acknowledged, ...faults } = verdict;
    expect(faults).toEqual({ lost: 0, doubled: 0, gaps: 0, unanswered: 0, misseen: 0 });
    const { requests, bound } = countUpstreamRequests(directory, kills, load);
    expect(requests).toBeLessThanOrEqual(bound);
    expect(acknowledged).toBeGreaterThan(kills);
    expect(await server.end('SIGTERM')).toBe(0);
  }, 90_000);
});
