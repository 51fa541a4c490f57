import { join } from 'node:path';
import { builtProgram, startProcess } from '../../testkit/serverProcess';
import { type CommandName, CommandSandbox } from './commands';
import { changeFile, readColumn } from './rawSql';
import { useTemplate } from './templates';

const sandbox = CommandSandbox.use();
const template = useTemplate(100);

/** A message whose primary key refers to a session that does not exist. No foreign key covers that. */
const ADD_STRAY_MESSAGE = `
  INSERT INTO messages (place, id, sender, content, timestamp)
  VALUES ((4711 << 32) + 1, randomblob(16), 1, 'whose?', unixepoch('2026-01-01') * 1000)`;
const STRAY_MESSAGE_ERROR = /is damaged \(a row of "messages" belongs to none of "sessions"\)\.$/m;
const CHANGE_MESSAGE =
  "UPDATE messages SET content = 'otherwise' WHERE place = (SELECT max(place) FROM messages)";

beforeEach(() => template.put(sandbox.path('chat.db')));

/** Runs a command that writes the database `file`, and changes that file before the command checks it. */
async function runTampered(name: CommandName, args: string[], file: string, sql: string) {
  const environment = {
    DATABASE_URL: 'sqlite://./chat.db',
    TAMPER_FILE: file,
    TAMPER_SQL: sql,
  };
  const tamper = ['--require', require.resolve('tsx/cjs'), '--require', join(__dirname, 'tamper.ts')];
  const program = [...tamper, builtProgram('cli'), name, ...args];
  const command = startProcess(sandbox.directory, environment, program);
  return { code: await command.exited, output: command.output() };
}

/** All files but the database. */
function otherFiles(): string[] {
  return sandbox.files().filter((name) => !/^chat\.db(-shm|-wal)?$/.test(name));
}

test('a backup that does not read back as what was read is refused, and nothing is left behind', async () => {
  const { code, output } = await runTampered('backup', ['copy.db'], 'copy.db', CHANGE_MESSAGE);
  expect(output).toMatch(/copy\.db does not read back as it was/);
  expect(code).toBe(1);
  expect(otherFiles()).toEqual([]);
});

describe('a message that belongs to no session', () => {
  test('is found by a backup: the database is damaged, and nothing is left behind', async () => {
    changeFile(sandbox.path('chat.db'), ADD_STRAY_MESSAGE);
    expect(await sandbox.run('backup', ['copy.db'], 1)).toMatch(STRAY_MESSAGE_ERROR);
    expect(otherFiles()).toEqual([]);
  });

  test('is found by a restore: the file is damaged, and the database stays as it is', async () => {
    template.put(sandbox.path('plain.db'));
    changeFile(sandbox.path('plain.db'), ADD_STRAY_MESSAGE);
    changeFile(sandbox.path('chat.db'), 'DELETE FROM logins');
    expect(await sandbox.run('restore', ['plain.db'], 1)).toMatch(STRAY_MESSAGE_ERROR);
    expect(readColumn(sandbox.path('chat.db'), 'SELECT count(*) FROM logins')).toEqual([0]);
    expect(otherFiles()).toEqual(['plain.db']);
  });

  test('is found in the source of a copy: it is damaged, and nothing is left behind', async () => {
    changeFile(sandbox.path('chat.db'), ADD_STRAY_MESSAGE);
    const urls = ['sqlite://./chat.db', 'sqlite://./copy.db'];
    const output = await sandbox.run('copy', urls, 1);
    expect(output).toMatch(STRAY_MESSAGE_ERROR);
    expect(otherFiles()).toEqual([]);
  });

  test('is found in what a copy has written: it is damaged, and nothing is left behind', async () => {
    const urls = ['sqlite://./chat.db', 'sqlite://./copy.db'];
    const { code, output } = await runTampered('copy', urls, 'copy.db', ADD_STRAY_MESSAGE);
    expect(output).toMatch(STRAY_MESSAGE_ERROR);
    expect(code).toBe(1);
    expect(otherFiles()).toEqual([]);
  });
});
