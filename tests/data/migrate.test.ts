import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabaseFile } from '../../src/stores/sqlite/driver';
import { NEWEST_SCHEMA, schemaOf } from '../../src/stores/sqlite/migrations';
import type { ServerProcess } from '../../testkit/serverProcess';
import { pollUntil } from '../../testkit/waiting';
import { CommandSandbox } from './commands';
import { changeFile } from './rawSql';

const sandbox = CommandSandbox.use();

function writeFirstSchema(name: string): void {
  const database = openDatabaseFile(sandbox.path(name), 0);
  database.exec(readFileSync(join(__dirname, '../unit/fixtures/schema1.sql'), 'utf8'));
  database.close();
}

function readSchema(name: string): number {
  const database = openDatabaseFile(sandbox.path(name), 0);
  const schema = schemaOf(database);
  database.close();
  return schema;
}

async function printed(command: ServerProcess, text: string): Promise<void> {
  await pollUntil(
    async () => command.output(),
    (output) => output.includes(text),
  );
}

/** Each migration after the first one, as the commands print it. */
const APPLIED = new RegExp(
  `Applied in \\d+\\.\\d s:${Array.from({ length: NEWEST_SCHEMA - 1 }, (_, index) => `\\n {2}${index + 2}: \\w.+`).join('')}\\n`,
);
const ANNOUNCED = `from schema 1 to ${NEWEST_SCHEMA}; a large database takes a while\n`;

test('migrate prints what it is about to apply, and then each migration and the time; a second run has nothing to do', async () => {
  writeFirstSchema('chat.db');
  const output = await sandbox.run('migrate', []);
  expect(output.startsWith(`Migrating ./chat.db ${ANNOUNCED}Applied`)).toBe(true);
  expect(output).toMatch(APPLIED);
  expect(output.endsWith('\nThe database has the newest schema.\n')).toBe(true);
  expect(readSchema('chat.db')).toBe(NEWEST_SCHEMA);
  expect(await sandbox.run('migrate', [])).toBe('The database has the newest schema.\n');
});

test('restore prints the migrations of an older backup', async () => {
  writeFirstSchema('old.db');
  const output = await sandbox.run('restore', ['old.db']);
  expect(output).toContain(`\nMigrating the copy ${ANNOUNCED}Applied`);
  expect(output).toMatch(APPLIED);
  expect([readSchema('old.db'), readSchema('chat.db')]).toEqual([1, NEWEST_SCHEMA]);
});

test('commands for accounts report a migration on stderr, apart from what they print', async () => {
  writeFirstSchema('chat.db');
  const command = sandbox.start('user', ['list']);
  const printed = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    command.child[stream]?.on('data', (chunk: Buffer) => {
      printed[stream] += chunk.toString();
    });
  }
  expect(await command.exited).toBe(0);
  expect(printed.stderr).toMatch(APPLIED);
  expect(printed.stdout).toContain('ada');
  expect(printed.stdout).not.toContain('Applied');
});

test('a second Ctrl+C ends a migration at once, which leaves the database as it was', async () => {
  writeFirstSchema('chat.db');
  // An early migration updates the logins, which takes longer than the test may.
  changeFile(
    sandbox.path('chat.db'),
    `INSERT INTO logins SELECT 'login', id, created_at, created_at, created_at, NULL, NULL, 0 FROM users LIMIT 1;
    CREATE TRIGGER slow AFTER UPDATE ON logins BEGIN
      SELECT count(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) SELECT i FROM n);
    END`,
  );
  const command = sandbox.start('migrate', []);
  await printed(command, 'a large database takes a while');
  command.child.kill('SIGINT');
  await printed(command, 'Interrupted.');
  // The handler of the first signal may not be removed yet when its text arrives.
  const repeat = setInterval(() => command.child.kill('SIGINT'), 20);
  expect(await command.exited).toBe('SIGINT');
  clearInterval(repeat);
  expect(readSchema('chat.db')).toBe(1);
});

describe('a server', () => {
  /** The log entries of migrations, without what every entry has. */
  const migrationsIn = (server: ServerProcess) =>
    server
      .output()
      .split('\n')
      .filter((line) => line.includes('"msg":"database migration'))
      .map((line) => {
        const { msg, from, to, database, ms } = JSON.parse(line);
        return { msg, from, to, database, ms };
      });

  test('logs the start and the end of a migration, and nothing if there is none', async () => {
    writeFirstSchema('chat.db');
    const server = sandbox.startServer();
    await server.listening;
    const change = { from: 1, to: NEWEST_SCHEMA, database: './chat.db' };
    expect(migrationsIn(server)).toEqual([
      { ...change, msg: 'database migration started; a large database takes a while' },
      { ...change, msg: 'database migration completed', ms: expect.any(Number) },
    ]);
    server.child.kill('SIGTERM');
    await server.exited;
    const again = sandbox.startServer();
    await again.listening;
    expect(migrationsIn(again)).toEqual([]);
  });

  test('that creates its database logs no migration', async () => {
    const server = sandbox.startServer();
    await server.listening;
    expect(migrationsIn(server)).toEqual([]);
  });
});
