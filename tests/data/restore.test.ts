import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { openSqliteStore } from '../../src/stores/sqlite/databaseThread';
import { pollUntil } from '../../testkit/waiting';
import { addUser } from '../contract/storeFixture';
import { signUpDocumented } from '../support/documents/account';
import { CHATS, readChats } from './chats';
import { CommandSandbox } from './commands';
import { damage } from './damage';
import { readColumn } from './rawSql';
import { useTemplate } from './templates';

const sandbox = CommandSandbox.use();
const template = useTemplate(100);

/** What the command has made of the template. */
let backup: Buffer | undefined;

/** A database, and a backup of it. */
beforeEach(async () => {
  template.put(sandbox.path('chat.db'));
  if (backup === undefined) {
    await sandbox.run('backup', ['backup.db']);
    backup = readFileSync(sandbox.path('backup.db'));
  } else {
    writeFileSync(sandbox.path('backup.db'), backup, { mode: 0o600 });
  }
});

test('it restores the contents of the backup, and keeps the previous database as one file', async () => {
  let store = await openSqliteStore(sandbox.path('chat.db'));
  const expected = await readChats(store, template.userIds);
  const { id: later } = await addUser(store);
  await store.deleteUser(template.userIds[0] ?? '');
  await store.close();

  const output = await sandbox.run('restore', ['backup.db']);
  const [, aside = ''] = /is kept as (\S+)\.$/m.exec(output) ?? [];
  expect(output).toMatch(/^\.\/chat\.db was restored from backup\.db, a backup of 20\S+Z:$/m);
  expect(output).toMatch(/^4 users, .* messages \(9 unanswered\)$/m);

  store = await openSqliteStore(sandbox.path('chat.db'));
  expect(await readChats(store, template.userIds)).toStrictEqual(expected);
  expect(await store.findUser(later)).toBeNull();
  await store.close();
  const before = await openSqliteStore(aside);
  expect(await before.findUser(later)).toMatchObject({ id: later });
  expect(await before.findUser(template.userIds[0] ?? '')).toBeNull();
  await before.close();
  expect(sandbox.files().filter((name) => name.includes('partial') || name.endsWith('-journal'))).toEqual([]);
});

test('replies that are being made are left out, also of a file that was copied by other means', async () => {
  template.put(sandbox.path('plain.db'));
  expect(readColumn(sandbox.path('plain.db'), 'SELECT count(*) FROM drafts')).toEqual([CHATS.drafts]);
  for (const file of ['plain.db', 'backup.db']) {
    await sandbox.run('restore', [file]);
    expect(readColumn(sandbox.path('chat.db'), 'SELECT count(*) FROM drafts')).toEqual([0]);
  }
});

test('each restore keeps the previous database, also within the same second', async () => {
  const restores = 6;
  for (let n = 0; n < restores; n++) await sandbox.run('restore', ['backup.db']);
  expect(sandbox.files().filter((name) => name.includes('before-restore'))).toHaveLength(restores);
});

test('the previous database includes the write-ahead log of a killed server', async () => {
  const server = sandbox.startServer();
  const account = await signUpDocumented(await server.listening);
  server.child.kill('SIGKILL');
  await server.exited;
  const output = await sandbox.run('restore', ['backup.db']);
  const [, aside = ''] = /is kept as (\S+)\.$/m.exec(output) ?? [];
  const before = await openSqliteStore(aside);
  expect(await before.findUser(account.login.user.id)).toMatchObject({ id: account.login.user.id });
  await before.close();
});

test('while a server uses the database it is refused, and the server continues', async () => {
  const server = sandbox.startServer();
  const account = await signUpDocumented(await server.listening);
  const output = await sandbox.run('restore', ['backup.db'], 1);
  expect(output).toBe('A server or another program uses ./chat.db: stop it first. Nothing was changed.\n');
  expect((await account.request('/api/auth/me')).status).toBe(200);

  server.child.kill('SIGTERM');
  expect(await server.exited).toBe(0);
  await sandbox.run('restore', ['backup.db']);
});

test('a server serves the restored database, and replies to its unanswered messages', async () => {
  await sandbox.run('restore', ['backup.db']);
  const server = sandbox.startServer();
  await server.listening;
  const store = await openSqliteStore(sandbox.path('chat.db'));
  await pollUntil(
    () => store.findUnanswered(1),
    (unanswered) => unanswered.length === 0,
  );
  await store.close();
});

test('the file keeps its mode', async () => {
  chmodSync(sandbox.path('chat.db'), 0o640);
  await sandbox.run('restore', ['backup.db']);
  expect((statSync(sandbox.path('chat.db')).mode & 0o777).toString(8)).toBe('640');
});

test('without an existing database it creates one that only its owner can read', async () => {
  await sandbox.run('restore', ['backup.db'], 0, 'sqlite://./new/chat.db');
  expect(statSync(sandbox.path('new/chat.db')).mode & 0o777).toBe(0o600);
});

test.each([
  'no SQLite database',
  'not a chat server',
  'newer schema',
  'damaged',
  'cut off',
  'a flipped bit',
] as const)('a file that is "%s" is refused, and the database is unchanged', async (way) => {
  const message = damage(sandbox.path('backup.db'), way);
  const output = await sandbox.run('restore', ['backup.db'], 1);
  expect(output).toMatch(message);
  expect(output.split('\n').at(-2)).toMatch(/^backup\.db /);
  const store = await openSqliteStore(sandbox.path('chat.db'));
  expect((await readChats(store, template.userIds)).users).toHaveLength(3);
  await store.close();
  expect(sandbox.files().filter((name) => !/^(chat\.db(-shm|-wal)?|backup\.db)$/.test(name))).toEqual([]);
});

test('a database that can’t be read is not replaced, as it may be in use', async () => {
  damage(sandbox.path('chat.db'), 'no SQLite database');
  const output = await sandbox.run('restore', ['backup.db'], 1);
  expect(output).toMatch(
    /^\.\/chat\.db is not a SQLite database\. A server may be using it: .* move the file away/m,
  );
});

test('a file copied by other means is accepted, with a note that it has no checksum', async () => {
  template.put(sandbox.path('plain.db'));
  expect(await sandbox.run('restore', ['plain.db'])).toContain(
    'plain.db, which contains no checksum to verify:',
  );
});

test('interrupted, it leaves the database unchanged', async () => {
  const restore = sandbox.start('restore', ['backup.db']);
  expect(await sandbox.kill(restore, 'SIGKILL', 'Copying backup.db')).toBe('SIGKILL');
  expect(sandbox.files().filter((name) => name.includes('before-restore'))).toEqual([]);
  await sandbox.run('backup', ['again.db']);
});

test('the database itself is refused as a backup', async () => {
  expect(await sandbox.run('restore', ['chat.db'], 1)).toBe(
    'chat.db is the database itself: name a backup of it.\n',
  );
});
