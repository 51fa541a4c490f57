import { randomUUID } from 'node:crypto';
import { copyFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Account } from '../../testkit/account';
import { pollUntil } from '../../testkit/waiting';
import { recordLog } from '../support/recordLog';
import { newTestFolder, startTestServer, type TestServer } from '../support/testServer';

const NOTICED_MS = 5_000;

interface Loss {
  /** Makes the file at `path` unavailable, and returns how to undo that; null if nothing can. */
  lose(path: string): (() => void) | null;
  advice: RegExp;
}

const away = (path: string) => {
  renameSync(path, `${path}.away`);
  return () => renameSync(`${path}.away`, path);
};

const LOSSES: [name: string, loss: Loss][] = [
  ['moved', { lose: away, advice: /chat\.db was deleted or moved .* Move it back/ }],
  [
    'deleted',
    {
      lose(path) {
        rmSync(path);
        return null;
      },
      advice: /chat\.db was deleted or moved .* restore a backup/,
    },
  ],
  [
    'replaced by a copy of itself',
    {
      lose(path) {
        copyFileSync(path, `${path}.copy`);
        const undo = away(path);
        renameSync(`${path}.copy`, path);
        return undo;
      },
      advice: /chat\.db was replaced .* move away .*chat\.db-wal and .*chat\.db-shm/,
    },
  ],
  ['in a folder that was moved', { lose: (path) => away(dirname(path)), advice: /was deleted or moved/ }],
  [
    'in a folder that was replaced by a file',
    {
      lose(path) {
        const undo = away(dirname(path));
        writeFileSync(dirname(path), '');
        return () => {
          rmSync(dirname(path));
          undo();
        };
      },
      advice: /was deleted or moved/,
    },
  ],
  [
    'without its write-ahead log',
    { lose: (path) => away(`${path}-wal`), advice: /chat\.db-wal was deleted/ },
  ],
  ['without its shared memory', { lose: (path) => away(`${path}-shm`), advice: /chat\.db-shm was deleted/ }],
];

describe.each(LOSSES)('guarantee 12: a database file that is %s', (_, { lose, advice }) => {
  let server: TestServer;
  let account: Account;
  let path: string;
  const sessionId = randomUUID();
  const log = recordLog('info');

  beforeAll(async () => {
    const folder = join(newTestFolder(), 'data');
    mkdirSync(folder);
    path = join(folder, 'chat.db');
    server = await startTestServer({ database: { kind: 'sqlite', path }, parts: { logger: log.logger } });
    account = await Account.signUp(server.url);
  });

  const send = async (content: string) =>
    (await account.request(`/api/sessions/${sessionId}/messages`, { content })).status;
  const readiness = async () => (await fetch(`${server.url}/readyz`)).status;

  async function expectReadiness(status: number): Promise<void> {
    const deadline = performance.now() + NOTICED_MS;
    let found: number;
    do found = await readiness();
    while (found !== status && performance.now() < deadline);
    expect(found).toBe(status);
  }

  test('is noticed: nothing is acknowledged, and a log line says why and what to do', async () => {
    await account.request('/api/sessions', { id: sessionId });
    expect(await send('before')).toBe(201);
    const undo = lose(path);
    await expectReadiness(503);

    expect(await send('meanwhile')).toBe(503);
    const response = await account.request('/api/sessions');
    expect([response.status, await response.json()]).toEqual([
      503,
      expect.objectContaining({ code: 'UNAVAILABLE' }),
    ]);
    expect(await readiness()).toBe(503);
    const lost = await log.entry(({ msg }) => msg === 'database file is not in place');
    expect(lost.problem).toMatch(advice);

    if (undo === null) return;
    undo();
    await expectReadiness(200);
    await log.entry(({ msg }) => msg === 'database file is in place again');
    expect(await send('after')).toBe(201);
    const contents = (await account.history(sessionId)).map(({ content }) => content);
    expect(contents).toEqual(['before', 'before', 'after', 'after']);
  });
});

test('a write-ahead log that was deleted loses nothing if the server is stopped', async () => {
  const path = join(newTestFolder(), 'chat.db');
  const server = await startTestServer({ database: { kind: 'sqlite', path } });
  const account = await Account.signUp(server.url);
  const sessionId = randomUUID();
  await account.request('/api/sessions', { id: sessionId });
  await account.request(`/api/sessions/${sessionId}/messages`, { content: 'before' });
  rmSync(`${path}-wal`);
  await pollUntil(
    () => fetch(`${server.url}/readyz`),
    ({ status }) => status === 503,
  );
  await server.restart();
  expect(await account.history(sessionId)).toHaveLength(2);
});
