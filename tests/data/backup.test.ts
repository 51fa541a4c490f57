import { randomUUID } from 'node:crypto';
import { statSync, writeFileSync } from 'node:fs';
import { openSqliteStore } from '../../src/stores/sqlite/databaseThread';
import { times } from '../../testkit/builders';
import { Random } from '../../testkit/random';
import { Sender } from '../../testkit/sender';
import { readAll, seqsTo } from '../contract/storeFixture';
import { signUpDocumented } from '../support/documents/account';
import { CHATS, readChats } from './chats';
import { CommandSandbox } from './commands';
import { damage } from './damage';
import { useTemplate } from './templates';

const sandbox = CommandSandbox.use();

const template = useTemplate(2_000);

beforeEach(() => template.put(sandbox.path('chat.db')));

test('a backup contains everything but replies that are being made, is readable only by its owner, and its summary is printed', async () => {
  const output = await sandbox.run('backup', ['copy.db']);
  expect(output).toMatch(/^copy\.db is a complete backup of \.\/chat\.db, read back and compared:$/m);
  expect(output).toMatch(/^4 users, 7 logins, 25 sessions, 4,138 messages \(9 unanswered\)$/m);
  expect(output).toMatch(/^checksum [0-9a-f]{64}$/m);
  expect(statSync(sandbox.path('copy.db')).mode & 0o777).toBe(0o600);

  const [one, other] = [
    await openSqliteStore(sandbox.path('chat.db')),
    await openSqliteStore(sandbox.path('copy.db')),
  ];
  const chats = await readChats(one, template.userIds);
  expect(await readChats(other, template.userIds)).toStrictEqual(chats);
  const sessionIds = chats.sessions.map(({ id }) => id);
  expect(await one.findDrafts(sessionIds)).toHaveLength(CHATS.drafts);
  expect(await other.findDrafts(sessionIds)).toEqual([]);
  await one.close();
  await other.close();
});

test('a backup of a database in use is a snapshot: everything acknowledged before it, and no session with a gap', async () => {
  const server = sandbox.startServer();
  const account = await signUpDocumented(await server.listening);
  const sessionIds = times(3, () => randomUUID());
  const sender = new Sender(account, sessionIds, new Random(1));
  sender.start(10);
  const before = await new Promise<string[]>((resolve) => {
    const look = () =>
      sender.acknowledged.length < 50
        ? setImmediate(look)
        : resolve(sender.acknowledged.map(({ messageId }) => messageId));
    look();
  });
  await sandbox.run('backup', ['copy.db']);
  await sender.stop();

  const store = await openSqliteStore(sandbox.path('copy.db'));
  const stored: string[] = [];
  for (const sessionId of sessionIds) {
    const messages = await readAll(store, account.login.user.id, sessionId);
    const session = await store.findSession(account.login.user.id, sessionId);
    expect(messages.map(({ seq }) => seq)).toEqual(seqsTo(session?.lastSeq ?? 0));
    stored.push(...messages.map(({ messageId }) => messageId));
  }
  await store.close();
  expect(before.filter((id) => !stored.includes(id))).toEqual([]);
  // Otherwise the server would not have been in use during the backup.
  expect(sender.acknowledged.length).toBeGreaterThan(stored.length / 2);
});

test('an existing file is refused, and stays unchanged', async () => {
  writeFileSync(sandbox.path('copy.db'), 'precious');
  const output = await sandbox.run('backup', ['copy.db'], 1);
  expect(output).toBe('copy.db already exists: choose another name, or move that file away.\n');
  expect(statSync(sandbox.path('copy.db')).size).toBe('precious'.length);
});

describe('interrupted', () => {
  test.each([
    'Copying ./chat.db',
    'Reading ./chat.db',
    'Checking the integrity of the copy',
    'Reading the copy',
  ])(
    'by SIGKILL at "%s", it leaves no file with the given name, and the next backup succeeds',
    async (step) => {
      const ended = await sandbox.kill(sandbox.start('backup', ['copy.db']), 'SIGKILL', step);
      expect(ended).toBe('SIGKILL');
      expect(sandbox.files()).not.toContain('copy.db');
      await sandbox.run('backup', ['copy.db']);
    },
  );

  test('by SIGTERM, it leaves no files, and reports that', async () => {
    const backup = sandbox.start('backup', ['copy.db']);
    expect(await sandbox.kill(backup, 'SIGTERM', 'Reading ./chat.db')).toBe(143);
    expect(backup.output()).toContain('Interrupted. There is no backup, and nothing was left behind.\n');
    expect(sandbox.files().filter((name) => !name.startsWith('chat.db'))).toEqual([]);
  });
});

test.each(['no SQLite database', 'not a chat server', 'damaged'] as const)('%s is refused', async (kind) => {
  const message = damage(sandbox.path('chat.db'), kind);
  const output = await sandbox.run('backup', ['copy.db'], 1);
  expect(output).toMatch(message);
  expect(output.split('\n').at(-2)).toMatch(/^\.\/chat\.db /);
  expect(sandbox.files().filter((name) => name.includes('copy'))).toEqual([]);
});

test('a MongoDB is refused: the message names the tool to use, and contains no password', async () => {
  const output = await sandbox.run('backup', ['copy.db'], 1, 'mongodb://chat:hunter2@127.0.0.1:9/chat');
  expect(output).toContain(
    'DATABASE_URL names MongoDB at 127.0.0.1:9, but this command is for SQLite: use mongodump',
  );
  expect(output).not.toContain('hunter2');
});

test('the message names a missing argument, database or folder', async () => {
  expect(await sandbox.run('backup', [], 2)).toBe('Usage: smart-chat-server backup FILE\n');
  expect(await sandbox.run('backup', ['copy.db'], 1, 'sqlite://./none.db')).toBe(
    'There is no file ./none.db.\n',
  );
  expect(await sandbox.run('backup', ['none/copy.db'], 1)).toMatch(
    /^A file can't be .*no such file or directory.*none/,
  );
});
