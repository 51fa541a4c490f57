import { Workplace } from './commands';
import { useTemplate } from './templates';

const work = Workplace.use();
const template = useTemplate(2_000);

beforeEach(() => template.put(work.path('chat.db')));

test('an option that there isn’t is refused, and nothing is done', async () => {
  template.put(work.path('old.db'));
  const before = work.files();
  expect(await work.run('restore', ['--dry-run', 'old.db'], 1)).toBe(
    'Unknown option --dry-run. Usage: npm run restore -- FILE\n',
  );
  expect(await work.run('backup', ['-v', 'copy.db'], 1)).toBe(
    'Unknown option -v. Usage: npm run backup -- FILE\n',
  );
  expect(work.files()).toEqual(before);
});

test('a backup whose terminal is closed leaves nothing, and says so', async () => {
  const backup = work.start('backup', ['copy.db']);
  expect(await work.kill(backup, 'SIGHUP', 'Reading ./chat.db')).toBe(129);
  expect(backup.output()).toContain('Interrupted. There is no backup, and nothing was left behind.\n');
  expect(work.files().filter((name) => !name.startsWith('chat.db'))).toEqual([]);
});

test('a backup goes on when nobody reads its output any more', async () => {
  const backup = work.start('backup', ['copy.db']);
  backup.child.stdout?.destroy();
  backup.child.stderr?.destroy();
  expect(await backup.exited).toBe(0);
  expect(work.files()).toContain('copy.db');
});

test('a copy to a MongoDB whose URL is no URL says so, without its password', async () => {
  const target = 'mongodb://chat:hunter%zz@127.0.0.1:9/chat';
  const output = await work.run('copy', ['sqlite://./chat.db', target], 1);
  expect(output).toMatch(/^MongoDB at 127\.0\.0\.1:9 returned an error: .*$/m);
  expect(output).not.toMatch(/hunter| {4}at /);
});
