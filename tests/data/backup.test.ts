import { randomUUID } from 'node:crypto';
import { statSync, writeFileSync } from 'node:fs';
import { openSqliteStore } from '../../src/stores/sqlite/store';
import { readAll, seqsTo } from '../contract/storeFixture';
import { Account } from '../faults/account';
import { Random } from '../faults/random';
import { Sender } from '../faults/sender';
import { times } from '../support/builders';
import { readChats } from './chats';
import { Workplace } from './commands';
import { damage } from './damage';
import { useTemplate } from './templates';

const work = Workplace.use();

const template = useTemplate(2_000);

beforeEach(() => template.put(work.path('chat.db')));

test('a backup holds everything, is for its owner only, and says what it holds', async () => {
  const output = await work.run('backup', ['copy.db']);
  expect(output).toMatch(/^copy\.db is a complete backup of \.\/chat\.db, read back and compared:$/m);
  expect(output).toMatch(/^4 users, 7 logins, 25 sessions, 4,093 messages \(9 unanswered\)$/m);
  expect(output).toMatch(/^checksum [0-9a-f]{64}$/m);
  expect(statSync(work.path('copy.db')).mode & 0o777).toBe(0o600);

  const [one, other] = [
    await openSqliteStore(work.path('chat.db')),
    await openSqliteStore(work.path('copy.db')),
  ];
  expect(await readChats(other, template.userIds)).toStrictEqual(await readChats(one, template.userIds));
  await one.close();
  await other.close();
});

test('a backup of a database that is written to holds a moment: all from before it, and no session with a gap', async () => {
  const server = work.startServer();
  const account = await Account.signUp(await server.listening);
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
  await work.run('backup', ['copy.db']);
  await sender.stop();

  const store = await openSqliteStore(work.path('copy.db'));
  const stored: string[] = [];
  for (const sessionId of sessionIds) {
    const messages = await readAll(store, account.login.user.id, sessionId);
    const session = await store.findSession(account.login.user.id, sessionId);
    expect(messages.map(({ seq }) => seq)).toEqual(seqsTo(session?.lastSeq ?? 0));
    stored.push(...messages.map(({ messageId }) => messageId));
  }
  await store.close();
  expect(before.filter((id) => !stored.includes(id))).toEqual([]);
  // It was not the end that was copied: the server went on meanwhile.
  expect(sender.acknowledged.length).toBeGreaterThan(stored.length / 2);
});

test('a name that is taken is refused, and what is there stays', async () => {
  writeFileSync(work.path('copy.db'), 'precious');
  const output = await work.run('backup', ['copy.db'], 1);
  expect(output).toBe('copy.db already exists: choose another name, or move that file away.\n');
  expect(statSync(work.path('copy.db')).size).toBe('precious'.length);
});

describe('interrupted', () => {
  test.each([
    'Copying ./chat.db',
    'Reading ./chat.db',
    'Checking the integrity of the copy',
    'Reading the copy',
  ])('by SIGKILL at "%s", it leaves nothing under its name, and the next one succeeds', async (step) => {
    const ended = await work.kill(work.start('backup', ['copy.db']), 'SIGKILL', step);
    expect(ended).toBe('SIGKILL');
    expect(work.files()).not.toContain('copy.db');
    await work.run('backup', ['copy.db']);
  });

  test('by SIGTERM, it leaves nothing at all, and says so', async () => {
    const backup = work.start('backup', ['copy.db']);
    expect(await work.kill(backup, 'SIGTERM', 'Reading ./chat.db')).toBe(143);
    expect(backup.output()).toContain('Interrupted. There is no backup, and nothing was left behind.\n');
    expect(work.files().filter((name) => !name.startsWith('chat.db'))).toEqual([]);
  });
});

test.each(['no SQLite database', 'not a chat server', 'damaged'] as const)('%s is refused', async (kind) => {
  const said = damage(work.path('chat.db'), kind);
  const output = await work.run('backup', ['copy.db'], 1);
  expect(output).toMatch(said);
  expect(output.split('\n').at(-2)).toMatch(/^\.\/chat\.db /);
  expect(work.files().filter((name) => name.includes('copy'))).toEqual([]);
});

test('a MongoDB is refused with what to use instead, and without its password', async () => {
  const output = await work.run('backup', ['copy.db'], 1, 'mongodb://chat:hunter2@127.0.0.1:9/chat');
  expect(output).toContain(
    'DATABASE_URL names MongoDB at 127.0.0.1:9, but this command is for SQLite: use mongodump',
  );
  expect(output).not.toContain('hunter2');
});

test('without a file, without a database and into no folder, it says what is missing', async () => {
  expect(await work.run('backup', [], 1)).toBe('Usage: npm run backup -- FILE\n');
  expect(await work.run('backup', ['copy.db'], 1, 'sqlite://./none.db')).toBe(
    'There is no file ./none.db.\n',
  );
  expect(await work.run('backup', ['none/copy.db'], 1)).toMatch(
    /^A file can't be .*no such file or directory.*none/,
  );
});
