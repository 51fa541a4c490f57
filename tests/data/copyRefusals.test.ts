import { writeFileSync } from 'node:fs';
import type { DatabaseConfig } from '../../src/config/database';
import { openStore } from '../../src/stores/open';
import { addUser } from '../contract/storeFixture';
import { testDatabases } from '../support/testServer';
import { CHATS, readChats } from './chats';
import { CommandSandbox, urlOf } from './commands';
import { damage } from './damage';
import { useTemplate } from './templates';

const sandbox = CommandSandbox.use();
const template = useTemplate(600);
const SOURCE = 'sqlite://./chat.db';

beforeEach(() => template.put(sandbox.path('chat.db')));

async function addOne(database: DatabaseConfig): Promise<string> {
  const store = await openStore(database);
  const { id } = await addUser(store);
  await store.close();
  return id;
}

describe.each(testDatabases)('db:copy to %s', (_name, makeDatabase) => {
  test('refuses a database that is not empty, which stays unchanged', async () => {
    const target = makeDatabase();
    const userId = await addOne(target);
    const output = await sandbox.run('copy', [SOURCE, urlOf(target)], 1);
    expect(output).toMatch(/is not empty: name another database\. This one stays as it is\.$/m);
    const store = await openStore(target);
    expect((await readChats(store, [userId])).users).toHaveLength(1);
    await store.close();
  });

  test('fills an empty database that a server has created', async () => {
    const target = makeDatabase();
    await (await openStore(target)).close();
    // A leftover of a copy that was killed after replacing the empty file.
    if (target.kind === 'sqlite') writeFileSync(`${target.path}.empty`, '');
    await sandbox.run('copy', [SOURCE, urlOf(target)]);
    const store = await openStore(target);
    expect((await readChats(store, template.userIds)).messages).toHaveLength(CHATS.messages);
    await store.close();
  });

  test('killed, it leaves nothing that a server would use, and the next copy succeeds', async () => {
    const target = makeDatabase();
    const ended = await sandbox.kill(sandbox.start('copy', [SOURCE, urlOf(target)]), 'SIGKILL', 'Copying');
    expect(ended).toBe('SIGKILL');
    if (target.kind === 'mongodb') {
      const server = sandbox.startServer(target.url);
      expect(await server.exited).toBe(1);
      expect(server.output()).toMatch(
        /^This MongoDB database holds a copy that is not complete: run "smart-chat-server copy" /,
      );
      expect(await sandbox.run('copy', [target.url, 'sqlite://./other.db'], 1)).toContain(
        'a copy that is not complete',
      );
    }
    await sandbox.run('copy', [SOURCE, urlOf(target)]);
    const store = await openStore(target);
    expect((await readChats(store, template.userIds)).messages).toHaveLength(CHATS.messages);
    await store.close();
  });
});

test('a SQLite file that a server uses is refused as a target, even if it is empty', async () => {
  const server = sandbox.startServer('sqlite://./served.db');
  await server.listening;
  const output = await sandbox.run('copy', [SOURCE, 'sqlite://./served.db'], 1);
  expect(output).toBe('A server or another program uses ./served.db: stop it first. Nothing was changed.\n');
});

test('a damaged source is refused', async () => {
  const message = damage(sandbox.path('chat.db'), 'damaged');
  expect(await sandbox.run('copy', [SOURCE, 'sqlite://./copy.db'], 1)).toMatch(message);
  expect(sandbox.files().filter((name) => name.startsWith('copy'))).toEqual([]);
});

test.each([
  [['sqlite://./none.db', 'sqlite://./copy.db'], 'There is no file ./none.db.'],
  [[SOURCE, SOURCE], 'FROM_URL and TO_URL are the same database.'],
  [[SOURCE, 'postgres://u:hunter2@h/chat'], 'TO_URL starts with "postgres://"; it must be '],
  [['mongodb://u:hunter2@', SOURCE], 'FROM_URL is not a MongoDB URL; '],
  [[SOURCE], 'Usage: smart-chat-server copy FROM_URL TO_URL', 2],
  [
    [SOURCE, 'mongodb://u:hunter2@127.0.0.1:9/chat'],
    'MongoDB at 127.0.0.1:9 does not respond: start it, or ',
  ],
])('%j is refused: %s', async (args, message, code = 1) => {
  const output = await sandbox.run('copy', args, code);
  expect(output).toContain(message);
  expect(output).not.toContain('hunter2');
  expect(sandbox.files().filter((name) => name.startsWith('copy'))).toEqual([]);
});
