import { mkdirSync } from 'node:fs';
import { mountSmallDisk, type SmallDisk } from '../faults/smallDisk';
import { Workplace } from './commands';
import { useTemplate } from './templates';

const work = Workplace.use();
const template = useTemplate(2_000);

beforeEach(() => template.put(work.path('source.db')));

test('restore and db:copy say which file can’t be opened', async () => {
  mkdirSync(work.path('chat.db'));
  const said = /^\.\/chat\.db can't be read or written: .*unable to open database file/m;
  expect(await work.run('restore', ['source.db'], 1)).toMatch(said);
  const copied = await work.run('copy', ['sqlite://./source.db', 'sqlite://./chat.db'], 1);
  expect(copied).toMatch(said);
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

  testOnDisk('backup names the file that there is no room for', async ({ directory }) => {
    const file = `${directory}/copy.db`;
    const output = await work.run('backup', [file], 1, 'sqlite://./source.db');
    expect(output.split('\n').at(-2)).toBe(`${file} can't be read or written: database or disk is full.`);
  });

  testOnDisk('restore names the database that there is no room for', async ({ directory }) => {
    const path = `${directory}/chat.db`;
    const output = await work.run('restore', ['source.db'], 1, `sqlite://${path}`);
    expect(output.split('\n').at(-2)).toBe(`${path} can't be read or written: database or disk is full.`);
  });

  testOnDisk('db:copy does too, however little room there is', async (small) => {
    small.fill();
    const path = `${small.directory}/chat.db`;
    const output = await work.run('copy', ['sqlite://./source.db', `sqlite://${path}`], 1);
    small.free();
    expect(output).not.toContain('    at ');
    expect(output).toContain(path);
  });
});
