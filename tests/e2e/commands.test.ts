import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  builtProgram,
  endProcesses,
  endWithOthers,
  type ServerProcess,
  startProcess,
  stopProcess,
  TEST_ENVIRONMENT,
} from '../../testkit/serverProcess';
import { urlOf } from '../data/commands';
import { connect, signUp } from '../support/client';
import { documentedFetch } from '../support/documents/fetch';
import { measuresTimes } from '../support/measuredTimes';
import { startTestServer, testDatabases } from '../support/testServer';

measuresTimes();

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'smart-chat-command-'));
});
afterEach(() => {
  endProcesses();
  rmSync(directory, { recursive: true, force: true });
});

function start(args: readonly string[], environment: Record<string, string> = {}): ServerProcess {
  const defaults = { ...TEST_ENVIRONMENT, DATABASE_URL: 'sqlite://./chat.db' };
  return startProcess(directory, { ...defaults, ...environment }, [builtProgram('cli'), ...args]);
}

/** The output of a command, which must exit with this code. */
async function run(command: string, code = 0, environment?: Record<string, string>): Promise<string> {
  const { child, exited, output } = start(command.split(' '), environment);
  const closed = once(child, 'close');
  const exitCode = await exited;
  await closed;
  expect([exitCode, output()]).toEqual([code, expect.any(String)]);
  return output().trimEnd();
}

const COMMANDS = [
  'start',
  'dev',
  'demo',
  'seed',
  'user',
  'token',
  'chat',
  'migrate',
  'backup',
  'restore',
  'copy',
  'health',
];

test('the help lists every command, and each has its own', async () => {
  const list = await run('--help');
  expect(Array.from(list.matchAll(/^ {2}(\w+) /gm), ([, name]) => name)).toEqual(COMMANDS);
  const helps = await Promise.all(COMMANDS.map((name) => run(`${name} --help`)));
  for (const [index, help] of helps.entries()) {
    expect(help).toMatch(new RegExp(`^Usage: smart-chat-server ${COMMANDS[index]}\\b.*\\n\\n[A-Z][^]*\\.`));
  }
});

test.each([
  ['frob', /^There is no command "frob"/],
  ['user frob', /^There is no "user frob"; it must be one of list, create/],
  ['user', /^Usage: smart-chat-server user/],
  ['user create --username zoe', /^Name the new account/],
  ['user delete', /^Name the account/],
  ['user list --colour', /^Unknown option --colour/],
  ['user delete --username', /^--username needs a value/],
  ['chat', /^Name your account/],
  ['token', /^Name the account/],
])('a wrong command line exits with 2 and says what is right: %s', async (command, message) => {
  expect(await run(command, 2)).toMatch(message);
});

const passwordIn = (output: string) => /password is (\S+)/.exec(output)?.[1] ?? '';

/** A running server and calls to it. */
async function serve() {
  const server = start(['start']);
  const url = await server.listening;
  const call = (path: string, body: object) =>
    documentedFetch(`${url}/api/auth/${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
  return {
    server,
    url,
    logIn: (username: string, password: string) => call('login', { username, password }),
  };
}

test('accounts are managed while a server uses the database', async () => {
  const { server, url, logIn } = await serve();
  const password = passwordIn(await run('user create --username zoe --email Zoe@Example.com'));
  expect(await run('user create --username ZOE --email other@example.com', 1)).toContain(
    'Another account has this username.',
  );
  expect(await run('user list')).toMatch(/^[\da-f-]{36} {2}\S+ {2}zoe {2}zoe@example\.com$/);
  const login = await logIn('zoe', password);
  expect(login.status).toBe(200);
  const { token } = await login.json();
  expect(await run('user disable --username zoe')).toContain('is disabled');
  const me = await documentedFetch(`${url}/api/auth/me`, { headers: { Authorization: `Bearer ${token}` } });
  expect(me.status).toBe(401);
  const refused = await logIn('zoe', password);
  expect(await refused.json()).toMatchObject({ status: 403, code: 'FORBIDDEN' });
  expect(await (await logIn('zoe', 'a wrong password')).json()).toMatchObject({
    code: 'INVALID_CREDENTIALS',
  });
  expect(await run('user list')).toContain('disabled');
  expect(await run('token --username zoe', 1)).toContain('is disabled: enable it first.');

  const renewed = passwordIn(await run('user reset-password --username zoe'));
  expect((await logIn('zoe', renewed)).status).toBe(403);
  await run('user enable --email zoe@example.com');
  expect((await logIn('zoe', password)).status).toBe(401);
  expect((await logIn('zoe', renewed)).status).toBe(200);

  const made = await run('token --email zoe@example.com');
  const mine = await documentedFetch(`${url}/api/auth/me`, { headers: { Authorization: `Bearer ${made}` } });
  expect(await mine.json()).toMatchObject({ username: 'zoe' });

  await run('user delete --username zoe');
  expect((await logIn('zoe', renewed)).status).toBe(401);
  expect(await run('user delete --username zoe', 1)).toContain('There is no account zoe');
  expect(await run('user list')).toBe('There are no accounts.');
  expect(await stopProcess(server)).toBe(0);
}, 90_000);

test.each(testDatabases)(
  'a disabled account loses its sockets at once, on %s',
  async (_name, makeDatabase) => {
    const database = makeDatabase();
    const server = await startTestServer({ database });
    const { user, token } = await signUp(server);
    const socket = await connect(server, token);
    const bystander = await connect(server, (await signUp(server)).token);
    const ended = new Promise((resolve) => socket.once('disconnect', resolve));
    await run(`user disable --username ${user.username}`, 0, { DATABASE_URL: urlOf(database) });
    const disabledAt = performance.now();
    expect(await ended).toBe('io server disconnect');
    expect(performance.now() - disabledAt).toBeLessThan(3_000);
    expect(bystander.connected).toBe(true);
  },
);

test('a password can come from the standard input, and must be a good one', async () => {
  const create = (password: string) => {
    const args = ['user', 'create', '--username', 'amy', '--email', 'amy@example.com', '--password-stdin'];
    const command = start(args);
    command.child.stdin?.end(`${password}\n`);
    return command;
  };
  const weak = create('password');
  expect(await weak.exited).toBe(1);
  expect(weak.output()).toMatch(/^The password /);
  const strong = create('correct horse battery');
  expect(await strong.exited).toBe(0);
  expect(strong.output()).toBe('Created the account amy <amy@example.com>.\n');
  const { logIn } = await serve();
  expect((await logIn('amy', 'correct horse battery')).status).toBe(200);
}, 60_000);

test('seed adds 2,000 messages and prints logins that work, and chat shows a reply', async () => {
  const seeded = await run('seed');
  expect(seeded).toMatch(/^Added 2,000 messages in 20 sessions\. Log in with:\n/);
  expect(await run('seed', 1)).toContain('There are accounts named ada, ben, cleo, dana already');
  expect(await run('seed', 1, { NODE_ENV: 'production', DATABASE_URL: 'sqlite://./other.db' })).toContain(
    'Production is not seeded',
  );
  const password = /^ {2}ben +\S+ +(\S+)$/m.exec(seeded)?.[1] ?? '';
  const { url, logIn } = await serve();
  const { token } = await (await logIn('ben', password)).json();
  const authorized = { headers: { Authorization: `Bearer ${token}` } };
  const { sessions } = await (await documentedFetch(`${url}/api/sessions`, authorized)).json();
  expect(sessions).toHaveLength(5);
  expect(sessions[0]).toMatchObject({ name: 'Conversation 5', lastSeq: 100 });

  const args = ['chat', '--username', 'ben', '--url', url, '--session', sessions[4].id];
  const chat = start(args);
  chat.child.stdin?.end(`${password}\nhello from a terminal\n`);
  expect(await chat.exited).toBe(0);
  expect(chat.output()).toContain('> Message 1 of conversation 1\n< Message 1 of conversation 1\n');
  expect(chat.output()).toMatch(/> hello from a terminal\n< hello from a terminal\nBye\.\n$/);
}, 90_000);

test('chat says what is wrong', async () => {
  const { url } = await serve();
  const wrong = start(['chat', '--username', 'nobody', '--url', url]);
  wrong.child.stdin?.end('wrong password\n');
  expect(await wrong.exited).toBe(1);
  expect(wrong.output()).toContain('No account has this email or username with this password.');
  const tls = start(['chat', '--username', 'nobody', '--url', url.replace('http:', 'https:')]);
  tls.child.stdin?.end('password\n');
  expect(await tls.exited).toBe(1);
  expect(tls.output()).toContain(`has no TLS: name its address as --url ${url}.`);
  const nowhere = start(['chat', '--username', 'nobody', '--url', 'http://127.0.0.1:9']);
  nowhere.child.stdin?.end('password\n');
  expect(await nowhere.exited).toBe(1);
  expect(nowhere.output()).toContain(
    'There is no server at http://127.0.0.1:9: start one, or name its address with --url.',
  );
});

test('health tells whether the server is ready', async () => {
  const { url } = await serve();
  const { port } = new URL(url);
  expect(await run('health', 0, { PORT: port })).toBe('The server is ready.');
  expect(await run('health', 1, { PORT: '9' })).toMatch(
    /^The server does not respond at http:\/\/127\.0\.0\.1:9\/readyz/,
  );
});

test('dev restarts the server when .env changes, and stops with it', async () => {
  writeFileSync(join(directory, '.env'), 'SIGNUP=on\n');
  const { child, exited, listening, output } = start(['dev']);
  await listening;
  const restarted = new Promise<void>((resolve) => {
    child.stdout?.on('data', () => (output().match(/listens on/g)?.length ?? 0) > 1 && resolve());
  });
  writeFileSync(join(directory, '.env'), 'SIGNUP=off\n');
  await restarted;
  child.kill('SIGTERM');
  expect(await exited).toBe(0);
}, 60_000);

test('one Ctrl+C stops dev and its server gracefully, however often it is delivered', async () => {
  const child = spawn(process.execPath, [builtProgram('cli'), 'dev'], {
    cwd: directory,
    env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: '0', ...TEST_ENVIRONMENT, LOG_LEVEL: 'info' },
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  endWithOthers(child);
  const interrupt = () => process.kill(-(child.pid ?? Number.NaN), 'SIGINT');
  const closed = once(child, 'close');
  let printed = '';
  await new Promise<void>((resolve) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      printed += chunk;
      if (printed.includes('listens on')) resolve();
    });
  });
  interrupt();
  child.kill('SIGTERM');
  expect(await closed).toEqual([0, null]);
  expect(printed.match(/"msg":"stopping"/g)).toHaveLength(1);
}, 60_000);
