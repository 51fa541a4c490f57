import { CommandSandbox } from './commands';
import { useTemplate } from './templates';

const sandbox = CommandSandbox.use();
const template = useTemplate(2_000);

beforeEach(() => template.put(sandbox.path('chat.db')));

test('an unknown option is refused, and nothing is changed', async () => {
  template.put(sandbox.path('old.db'));
  const before = sandbox.files();
  expect(await sandbox.run('restore', ['--dry-run', 'old.db'], 2)).toBe(
    'Unknown option --dry-run. Usage: smart-chat-server restore FILE\n',
  );
  expect(await sandbox.run('backup', ['-v', 'copy.db'], 2)).toBe(
    'Unknown option -v. Usage: smart-chat-server backup FILE\n',
  );
  expect(sandbox.files()).toEqual(before);
});

test('a backup whose terminal is closed leaves no files, and reports that', async () => {
  const backup = sandbox.start('backup', ['copy.db']);
  expect(await sandbox.kill(backup, 'SIGHUP', 'Reading ./chat.db')).toBe(129);
  expect(backup.output()).toContain('Interrupted. There is no backup, and nothing was left behind.\n');
  expect(sandbox.files().filter((name) => !name.startsWith('chat.db'))).toEqual([]);
});

test('a backup continues when its output is no longer read', async () => {
  const backup = sandbox.start('backup', ['copy.db']);
  backup.child.stdout?.destroy();
  backup.child.stderr?.destroy();
  expect(await backup.exited).toBe(0);
  expect(sandbox.files()).toContain('copy.db');
});

test('an invalid MongoDB URL is reported without its password', async () => {
  const target = 'mongodb://chat:hunter%zz@127.0.0.1:9/chat';
  const output = await sandbox.run('copy', ['sqlite://./chat.db', target], 1);
  expect(output).toMatch(/^MongoDB at 127\.0\.0\.1:9 returned an error: .*$/m);
  expect(output).not.toMatch(/hunter| {4}at /);
});
