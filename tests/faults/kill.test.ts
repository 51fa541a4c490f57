import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endProcesses } from '../support/serverProcess';
import { testDatabases } from '../support/testServer';
import { KilledServer } from './killedServer';
import { HEAVY_LOAD, LIGHT_LOAD, runKills } from './killRun';
import { Random } from './random';

const KILLS = 10;

describe.each(testDatabases)('guarantees 1 to 4, on %s', (_name, makeDatabase) => {
  const directory = mkdtempSync(join(tmpdir(), 'smart-chat-kill-'));
  afterAll(() => {
    endProcesses();
    rmSync(directory, { recursive: true, force: true });
  });

  test(`kill -9 under load, ${KILLS} times, loses, doubles, reorders and leaves unanswered nothing`, async () => {
    const database = makeDatabase();
    const DATABASE_URL = database.kind === 'sqlite' ? `sqlite://${database.path}` : database.url;
    const load = database.kind === 'sqlite' ? HEAVY_LOAD : LIGHT_LOAD;
    const server = await KilledServer.create(directory, { DATABASE_URL });
    await server.start();
    const verdict = await runKills(server, KILLS, load, new Random(1));
    expect(verdict).toEqual({
      acknowledged: expect.any(Number),
      lost: 0,
      doubled: 0,
      gaps: 0,
      unanswered: 0,
      misseen: 0,
    });
    expect(verdict.acknowledged).toBeGreaterThan(KILLS);
    expect(await server.end('SIGTERM')).toBe(0);
  }, 90_000);
});
