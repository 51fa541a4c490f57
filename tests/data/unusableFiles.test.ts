import { mkdirSync } from 'node:fs';
import { mountSmallDisk, type SmallDisk } from '../faults/smallDisk';
import { CommandSandbox } from './commands';
import { useTemplate } from './templates';

const sandbox = CommandSandbox.use();
const template = useTemplate(4_000);

beforeEach(() => template.put(sandbox.path('source.db')));

test('restore and db:copy name the file that can’t be opened', async () => {
  mkdirSync(sandbox.path('chat.db'));
  const message = /^\.\/chat\.db can't be read or written: .*unable to open database file/m;
  expect(await sandbox.run('restore', ['source.db'], 1)).toMatch(message);
  const copied = await sandbox.run('copy', ['sqlite://./source.db', 'sqlite://./chat.db'], 1);
  expect(copied).toMatch(message);
  expect(copied).not.toContain('    at ');
});

describe('on a full disk', () => {
  const disk = mountSmallDisk(1);
  afterAll(() => disk?.remove());
  if (!disk)
    process.stderr.write(
      'SKIPPED: commands on a full disk, because mounting a small one is not allowed here\n',
    );
  const testOnDisk = (name: string, run: (disk: SmallDisk) => Promise<void>) =>
    disk ? test(name, () => run(disk)) : test.skip(name, () => {});

  testOnDisk('backup names the file that does not fit', async ({ directory }) => {
    const file = `${directory}/copy.db`;
    const output = await sandbox.run('backup', [file], 1, 'sqlite://./source.db');
    expect(output.split('\n').at(-2)).toBe(`${file} can't be read or written: database or disk is full.`);
  });

  testOnDisk('restore names the database that does not fit', async ({ directory }) => {
    const path = `${directory}/chat.db`;
    const output = await sandbox.run('restore', ['source.db'], 1, `sqlite://${path}`);
    expect(output.split('\n').at(-2)).toBe(`${path} can't be read or written: database or disk is full.`);
  });

  testOnDisk('db:copy names the database even if no space is left', async (small) => {
    small.fill();
    const path = `${small.directory}/chat.db`;
    const output = await sandbox.run('copy', ['sqlite://./source.db', `sqlite://${path}`], 1);
    small.free();
    expect(output).not.toContain('    at ');
    expect(output).toContain(path);
  });
});
