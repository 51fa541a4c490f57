import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Account } from '../../testkit/account';
import { times } from '../../testkit/builders';
import { type ServerProcess, startProcess, TEST_ENVIRONMENT } from '../../testkit/serverProcess';
import { signUpDocumented } from '../support/documents/account';
import { documentedFetch } from '../support/documents/fetch';
import { useProcessFolder } from '../support/processFolder';

const directory = useProcessFolder();

if (!canLimit()) process.stderr.write('SKIPPED: a commit fails, because there is no prlimit here\n');
const testWithLimit = canLimit() ? test : test.skip;

describe('guarantee 1: a commit that fails is not acknowledged, on SQLite', () => {
  const path = `/api/sessions/${randomUUID()}/messages`;
  const refused = { content: 'refused at first', clientMessageId: 'refused' };

  // SQLite keeps what a transaction changes in memory, and appends it to its log at COMMIT. When no file may become longer
  // than that log is, it is COMMIT that fails, and nothing before.
  testWithLimit('nor does it keep the next one from being taken, over a connection of its own', async () => {
    const { server, account } = await startServer('short.db');
    limitWrites(server, String(statSync(join(directory, 'short.db-wal')).size));
    expect((await account.request(path, refused)).status).toBe(503);
    // A new connection begins a new log, so there is room again; the old one would go on failing.
    expect((await account.request(path, refused)).status).toBe(201);
    await expectOnce(server, account, 'short.db');
  });

  testWithLimit(
    'nor any other until the disk works again; then all are taken, without a restart',
    async () => {
      const { server, account } = await startServer('none.db');
      limitWrites(server, '0');
      const together = await Promise.all(times(5, () => account.request(path, refused)));
      expect(together.map(({ status }) => status)).toEqual(times(5, () => 503));
      expect((await account.request(path, refused)).status).toBe(503);
      expect((await documentedFetch(`${account.url}/healthz`)).status).toBe(200);
      limitWrites(server, 'unlimited');
      expect((await account.request(path, refused)).status).toBe(201);
      expect((await account.request(path, refused)).status).toBe(200);
      await expectOnce(server, account, 'none.db');
    },
  );

  async function startServer(file: string) {
    const server = startProcess(directory, { ...TEST_ENVIRONMENT, DATABASE_URL: `sqlite://./${file}` });
    const account = await signUpDocumented(await server.listening);
    expect((await account.request(path, { content: 'before' })).status).toBe(201);
    return { server, account };
  }

  /** Kills the server, and asks the next one what is on disk. */
  async function expectOnce(killed: ServerProcess, account: Account, file: string): Promise<void> {
    killed.child.kill('SIGKILL');
    await killed.exited;
    const { port: PORT } = new URL(account.url);
    await startProcess(directory, { ...TEST_ENVIRONMENT, PORT, DATABASE_URL: `sqlite://./${file}` })
      .listening;
    const history = await account.history(path.split('/')[3] ?? '');
    expect(history.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    expect(history[2]).toMatchObject(refused);
  }
});

function limitWrites({ child }: ServerProcess, bytes: string): void {
  execFileSync('prlimit', ['--pid', String(child.pid), `--fsize=${bytes}:unlimited`]);
}

function canLimit(): boolean {
  try {
    execFileSync('prlimit', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
