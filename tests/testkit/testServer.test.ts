import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { promisify } from 'node:util';
import { createChatClient, type Draft, memoryStorage } from '../../client/src';
import { builtProgram, inTemporaryFolder } from '../../testkit/serverProcess';
import { connectTestServer, startTestServer, type TestServer, type TestUser } from '../../testkit/testing';
import { Changes } from '../../testkit/waiting';
import { documentedFetch } from '../support/documents/fetch';

const run = promisify(execFile);
let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({
    controlPort: 0,
    async *reply({ content }) {
      yield 'You said: ';
      if (content === 'fail') throw new Error('on purpose');
      yield content;
    },
  });
});
afterEach(() => server.faults.heal());
afterAll(() => server.close());

async function send({ token }: TestUser, content: string, url = server.url): Promise<number> {
  const response = await documentedFetch(`${url}/api/sessions/${randomUUID()}/messages`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ content }),
  });
  return response.status;
}

/** The client library with a session, and the drafts and messages that it receives. */
async function openChat() {
  const ada = await server.addUser();
  const client = createChatClient({ url: server.url, storage: memoryStorage() });
  await client.logIn({ username: ada.user.username, password: ada.password });
  const { id } = await client.sessions.create();
  const changes = new Changes();
  const drafts: Draft[] = [];
  const replies: string[] = [];
  client.subscribe(id, {
    after: 0,
    onMessage({ sender, content, finish }) {
      if (sender === 'server') replies.push(`${content} (${finish ?? 'complete'})`);
      changes.notify();
    },
    onDraft(draft) {
      drafts.push({ ...draft });
      changes.notify();
    },
  });
  return {
    ada,
    drafts,
    replies,
    say: (content: string) => client.send(id, content),
    until: (condition: () => boolean) => changes.until(condition),
    close: () => client.close(),
  };
}

test('replies come from the function of the test, in pieces, and fail with its error', async () => {
  const chat = await openChat();
  await chat.say('hello');
  await chat.until(() => chat.replies.length === 1);
  await chat.say('fail');
  await chat.until(() => chat.replies.length === 2);
  expect(chat.replies).toEqual(['You said: hello (complete)', 'You said:  (failed)']);
  chat.close();
});

test('a scripted reply comes once, waits where it says, and goes on when it is healed', async () => {
  const chat = await openChat();
  const reply = await server.nextReply({ pieces: ['one ', 'two ', 'three'], holdAfter: 2 });
  await chat.say('hello');
  await reply.happened;
  await chat.until(() => chat.drafts.at(-1)?.text === 'one two ');
  expect(chat.replies).toEqual([]);
  await reply.heal();
  await chat.until(() => chat.replies.length === 1);
  await server.nextReply({ pieces: ['half'], fails: true });
  await chat.say('once more');
  await chat.until(() => chat.replies.length === 2);
  await chat.say('again');
  await chat.until(() => chat.replies.length === 3);
  expect(chat.replies).toEqual(['one two three (complete)', 'half (failed)', 'You said: again (complete)']);
  chat.close();
});

test('a reply that was held by a killed server is made again', async () => {
  const chat = await openChat();
  const reply = await server.nextReply({ pieces: ['kept'], holdAfter: 0 });
  await chat.say('hello');
  await reply.happened;
  await server.faults.restart();
  await reply.heal();
  await chat.until(() => chat.replies.length === 1);
  expect(chat.replies).toEqual(['kept (complete)']);
  chat.close();
});

test('users have the name that the test gives, a login and a password', async () => {
  const ada = await server.addUser('ada');
  expect(ada.user.username).toBe('ada');
  expect(await send(ada, 'hello')).toBe(201);
  await expect(server.addUser('ada')).rejects.toThrow(
    /^The user can't be added \(status 409\): .*USERNAME_TAKEN/,
  );
  const grace = await server.addUser();
  expect(grace.user.username).not.toBe((await server.addUser()).user.username);
});

test('seeded sessions have their messages and replies, of the past', async () => {
  const ada = await server.addUser();
  const seeded = await server.seed(ada, { sessions: 2, messages: 3 });
  expect(seeded.map(({ name }) => name)).toEqual(['Session 1', 'Session 2']);
  for (const { id, messages } of seeded) {
    expect(await ada.stored(id)).toEqual(messages);
    expect(messages.map(({ content }) => content)).toEqual(
      [1, 2, 3].flatMap((n) => [`Message ${n}`, `Reply ${n}`]),
    );
    for (const { timestamp } of messages) expect(Date.parse(timestamp)).toBeLessThan(Date.now());
  }
  await expect(ada.stored()).rejects.toThrow(/^The user has 2 sessions\. Pass the id of one: /);
  await expect(ada.stored(randomUUID())).rejects.toThrow('The user has no session');
});

describe('the control port', () => {
  const call = (path: string, headers: Record<string, string>) =>
    fetch(`${server.controlUrl}${path}`, { method: 'POST', headers, body: '[]' });

  test('does what the server in the process of the test does', async () => {
    const remote = await connectTestServer(server.controlUrl ?? '');
    expect(remote.url).toBe(server.url);
    const ada = await remote.addUser();
    await remote.nextReply('scripted');
    const fault = await remote.faults.dropAck(1, ada);
    await expect(send(ada, 'hello', remote.url)).rejects.toThrow('fetch failed');
    await fault.happened;
    await fault.heal();
    const cut = await remote.faults.cut(ada);
    await expect(send(ada, 'refused', remote.url)).rejects.toThrow('fetch failed');
    await cut.heal();
    await remote.faults.moveClock(1_000);
    expect((await ada.stored()).map(({ content }) => content)).toEqual(['hello', 'scripted']);
    expect(await remote.seed(ada, { messages: 1 })).toHaveLength(1);
    await expect(ada.stored()).rejects.toThrow('The user has 2 sessions.');
    await expect(remote.faults.dropAck(0)).rejects.toThrow('nth must be 1, 2, 3 …, not 0');
    await remote.faults.heal();
  });

  test('answers pages and names of loopback, and no others', async () => {
    for (const origin of ['http://localhost:5173', 'http://127.0.0.1:3000', 'http://[::1]:8080']) {
      const response = await call('/url', { Origin: origin });
      expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([200, origin]);
    }
    for (const origin of ['https://example.com', 'null', 'http://localhost.example.com'])
      expect((await call('/url', { Origin: origin })).status).toBe(403);
    for (const path of ['/', '/faults/nothing', '/faults/toString', '/heal/99', '/happened/x'])
      expect((await call(path, {})).status).toBe(400);
  });
});

const KIT = JSON.stringify(builtProgram('testing/index'));

test('close removes the database and ends the process, and a fault that is healed later starts nothing', async () => {
  const program = `
    const { readdirSync } = require('node:fs');
    require(${KIT}).startTestServer().then(async (server) => {
      const fault = await server.faults.kill();
      await server.close();
      await fault.heal();
      console.log(readdirSync(process.env.TMPDIR).length);
    });`;
  await inTemporaryFolder(async (TMPDIR) => {
    // It resolves only if the process exits by itself.
    const { stdout } = await run(process.execPath, ['-e', program], { env: { ...process.env, TMPDIR } });
    expect(stdout).toBe('0\n');
  });
});

test('a test that ends without close leaves neither a process nor a database', async () => {
  const program = `require(${KIT}).startTestServer().then(({ url }) => { console.log(url); process.exit(); })`;
  await inTemporaryFolder(async (TMPDIR) => {
    const { stdout } = await run(process.execPath, ['-e', program], { env: { ...process.env, TMPDIR } });
    expect(stdout).toMatch(/^http:/);
    expect(readdirSync(TMPDIR)).toEqual([]);
  });
});

test('it refuses to run with NODE_ENV=production, and a setting that is wrong', async () => {
  const program = `require(${KIT}).startTestServer().catch(({ message }) => console.log(message));`;
  const env = { ...process.env, NODE_ENV: 'production' };
  const { stdout } = await run(process.execPath, ['-e', program], { env });
  expect(stdout).toContain('The test server does not run with NODE_ENV=production');
  await expect(startTestServer({ settings: { JWT_EXPIRES_IN: 'never' } })).rejects.toThrow(/JWT_EXPIRES_IN/);
});

test('importing it starts and prints nothing', async () => {
  expect(await run(process.execPath, ['-e', `require(${KIT})`])).toEqual({ stdout: '', stderr: '' });
});
