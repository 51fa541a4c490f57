import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { openSqliteStore } from '../../src/stores/sqlite/databaseThread';
import { openDatabaseFile } from '../../src/stores/sqlite/driver';
import { builtProgram, endProcesses, freePort, startProcess } from '../../testkit/serverProcess';
import { builtPage } from '../support/serverBuild';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'smart-chat-start-'));
});
afterEach(() => {
  endProcesses();
  rmSync(directory, { recursive: true, force: true });
});

async function failureOf(program: readonly string[], environment: Record<string, string>): Promise<string> {
  const started = startProcess(directory, environment, program);
  expect(await started.exited).toBe(1);
  return started.output();
}

describe.each([
  ['the server', [builtProgram('server')]],
  ['migrate', [builtProgram('cli'), 'migrate']],
])('%s says in one line why it does not start', (_name, program) => {
  test('on a database of a newer version', async () => {
    const path = join(directory, 'chat.db');
    await (await openSqliteStore(path)).close();
    const database = openDatabaseFile(path, 1_000);
    database.exec('PRAGMA user_version = 999');
    database.close();
    expect(await failureOf(program, { DATABASE_URL: 'sqlite://./chat.db' })).toMatch(
      /^\.\/chat\.db has schema 999, but this version supports \d+ at most: update the server\.\n$/,
    );
  });

  test('where the folder of the database can’t be made', async () => {
    writeFileSync(join(directory, 'file'), '');
    expect(await failureOf(program, { DATABASE_URL: 'sqlite://./file/data/chat.db' })).toMatch(
      /^The database file \.\/file\/data\/chat\.db can't be opened: .*\n$/,
    );
  });

  test('with a MongoDB URL that the driver refuses, without its password', async () => {
    const url = 'mongodb://chat:hunter2@127.0.0.1:9/chat?retriesWrites=true';
    const output = await failureOf(program, { DATABASE_URL: url });
    expect(output).toMatch(/^MongoDB at 127\.0\.0\.1:9 .*option retrieswrites is not supported.*\n$/);
    expect(output).not.toContain('hunter2');
  });
});

test('a port that is taken is named by its variable, also where HOST is a name', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const address = other.address();
  const port = typeof address === 'object' && address ? String(address.port) : '';
  expect(await failureOf([builtProgram('server')], { HOST: 'localhost', PORT: port })).toBe(
    `Another program already listens on 127.0.0.1:${port}: stop it, or choose another PORT.\n`,
  );
  other.close();
});

test('a METRICS_PORT that is taken is named before the server accepts a connection', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  other.unref();
  const address = other.address();
  const METRICS_PORT = typeof address === 'object' && address ? String(address.port) : '';
  const PORT = String(await freePort());
  // Node reports each listener before it listens.
  const output = await failureOf([builtProgram('server')], { PORT, METRICS_PORT, NODE_DEBUG: 'net' });
  expect(output).toContain(
    `Another program already listens on 127.0.0.1:${METRICS_PORT}: stop it, or choose another METRICS_PORT.\n`,
  );
  expect(output).toContain(`setupListenHandle 127.0.0.1 ${METRICS_PORT}`);
  expect(output).not.toContain(`setupListenHandle 127.0.0.1 ${PORT}`);
  other.close();
});

test('a kept secret that is not whole is an invalid configuration', async () => {
  mkdirSync(join(directory, 'data'));
  writeFileSync(join(directory, 'data/jwt-secret'), 'half');
  expect(await failureOf([builtProgram('server')], {})).toMatch(
    /^The configuration is invalid:\n- JWT_SECRET is not set.*: data\/jwt-secret contains no complete secret\. Delete the file, .*, or set JWT_SECRET\.\n$/,
  );
  expect(readFileSync(join(directory, 'data/jwt-secret'), 'utf8')).toBe('half');
});

test('an address that needs the name of its link is none of this machine’s', async () => {
  expect(await failureOf([builtProgram('server')], { HOST: 'fe80::1' })).toBe(
    'This machine has no address fe80::1: set HOST to one of its addresses, or to 0.0.0.0 for all of them.\n',
  );
});

test('a chat page that is not built', async () => {
  // Beside the build, where the server finds its packages.
  const copy = join(mkdtempSync(join(dirname(dirname(builtPage())), 'without-page-')), 'dist');
  cpSync(dirname(builtPage()), copy, { recursive: true, filter: (path) => path !== builtPage() });
  const program = [join(copy, basename(builtProgram('server')))];
  expect(await failureOf(program, {})).toBe(
    `The chat page is not in ${join(copy, 'web')}: build it with "npm run build", or set WEB_CLIENT=off.\n`,
  );
});
