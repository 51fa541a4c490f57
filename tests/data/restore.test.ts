import { chmodSync, statSync } from 'node:fs';
import { openSqliteStore } from '../../src/stores/sqlite/store';
import { addUser } from '../contract/storeFixture';
import { Account } from '../faults/account';
import { readChats } from './chats';
import { Workplace } from './commands';
import { damage } from './damage';
import { useTemplate } from './templates';

const work = Workplace.use();
const template = useTemplate(100);

/** A database, and a backup of it. */
beforeEach(async () => {
  template.put(work.path('chat.db'));
  await work.run('backup', ['backup.db']);
});

test('it brings back what the backup holds, and keeps what was there as one file', async () => {
  let store = await openSqliteStore(work.path('chat.db'));
  const expected = await readChats(store, template.userIds);
  const { id: later } = await addUser(store);
  await store.deleteUser(template.userIds[0] ?? '');
  await store.close();

  const output = await work.run('restore', ['backup.db']);
  const [, aside = ''] = /is kept as (\S+)\.$/m.exec(output) ?? [];
  expect(output).toMatch(/^\.\/chat\.db was restored from backup\.db, a backup of 20\S+Z:$/m);
  expect(output).toMatch(/^4 users, .* messages \(9 unanswered\)$/m);

  store = await openSqliteStore(work.path('chat.db'));
  expect(await readChats(store, template.userIds)).toStrictEqual(expected);
  expect(await store.findUser(later)).toBeNull();
  await store.close();
  const before = await openSqliteStore(aside);
  expect(await before.findUser(later)).toMatchObject({ id: later });
  expect(await before.findUser(template.userIds[0] ?? '')).toBeNull();
  await before.close();
  expect(work.files().filter((name) => name.includes('partial') || name.endsWith('-journal'))).toEqual([]);
});

test('what a killed server had only in its write-ahead log is in the file that is kept', async () => {
  const server = work.startServer();
  const account = await Account.signUp(await server.listening);
  server.child.kill('SIGKILL');
  await server.exited;
  const output = await work.run('restore', ['backup.db']);
  const [, aside = ''] = /is kept as (\S+)\.$/m.exec(output) ?? [];
  const before = await openSqliteStore(aside);
  expect(await before.findUser(account.login.user.id)).toMatchObject({ id: account.login.user.id });
  await before.close();
});

test('while a server uses the database it is refused, and the server goes on', async () => {
  const server = work.startServer();
  const account = await Account.signUp(await server.listening);
  const output = await work.run('restore', ['backup.db'], 1);
  expect(output).toBe('A server or another program uses ./chat.db: stop it first. Nothing was changed.\n');
  expect((await account.request('/api/auth/me')).status).toBe(200);

  server.child.kill('SIGTERM');
  expect(await server.exited).toBe(0);
  await work.run('restore', ['backup.db']);
});

test('a server serves what was restored, and answers what was unanswered', async () => {
  await work.run('restore', ['backup.db']);
  const server = work.startServer();
  await server.listening;
  const store = await openSqliteStore(work.path('chat.db'));
  while ((await store.findUnanswered(1)).length > 0);
  await store.close();
});

test('the database has the mode afterwards that it had before', async () => {
  chmodSync(work.path('chat.db'), 0o640);
  await work.run('restore', ['backup.db']);
  expect((statSync(work.path('chat.db')).mode & 0o777).toString(8)).toBe('640');
});

test('where there is no database it makes one, for its owner only', async () => {
  await work.run('restore', ['backup.db'], 0, 'sqlite://./new/chat.db');
  expect(statSync(work.path('new/chat.db')).mode & 0o777).toBe(0o600);
});

test.each([
  'no SQLite database',
  'not a chat server',
  'newer schema',
  'damaged',
  'cut off',
  'a flipped bit',
] as const)('a file that is "%s" is refused, and the database stays as it is', async (way) => {
  const said = damage(work.path('backup.db'), way);
  const output = await work.run('restore', ['backup.db'], 1);
  expect(output).toMatch(said);
  expect(output.split('\n').at(-2)).toMatch(/^backup\.db /);
  const store = await openSqliteStore(work.path('chat.db'));
  expect((await readChats(store, template.userIds)).users).toHaveLength(3);
  await store.close();
  expect(work.files().filter((name) => !/^(chat\.db(-shm|-wal)?|backup\.db)$/.test(name))).toEqual([]);
});

test('a database that can’t be read stays, as nobody can tell whether it is in use', async () => {
  damage(work.path('chat.db'), 'no SQLite database');
  const output = await work.run('restore', ['backup.db'], 1);
  expect(output).toMatch(
    /^\.\/chat\.db is not a SQLite database\. A server may be using it: .* move the file away/m,
  );
});

test('a file of another way of copying is taken, and said to have no checksum', async () => {
  template.put(work.path('plain.db'));
  expect(await work.run('restore', ['plain.db'])).toContain(
    'plain.db, which contains no checksum to verify:',
  );
});

test('interrupted, it leaves the database as it is', async () => {
  const restore = work.start('restore', ['backup.db']);
  expect(await work.kill(restore, 'SIGKILL', 'Copying backup.db')).toBe('SIGKILL');
  expect(work.files().filter((name) => name.includes('before-restore'))).toEqual([]);
  await work.run('backup', ['again.db']);
});

test('it refuses the database itself', async () => {
  expect(await work.run('restore', ['chat.db'], 1)).toBe(
    'chat.db is the database itself: name a backup of it.\n',
  );
});
