import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtProgram, endProcesses, freePort, startProcess } from '../../testkit/serverProcess';
import { signUp } from '../support/client';
import { documentedFetch } from '../support/documents/fetch';
import { measuresTimes } from '../support/measuredTimes';

measuresTimes();

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'smart-chat-start-'));
});
afterEach(() => {
  endProcesses();
  rmSync(directory, { recursive: true, force: true });
});

test('without any setting it serves, and says where, on which database and what to try', async () => {
  const server = startProcess(directory, {});
  const url = await server.listening;
  expect((await documentedFetch(`${url}/readyz`)).status).toBe(200);
  expect(await (await fetch(url)).text()).toContain('<title>Smart Chat</title>');
  expect(server.output()).toContain(`Open ${url} in your browser to chat.`);
  expect(server.output()).toContain('./data/chat.db');
  expect(server.output()).toContain(`${url}/api/auth/signup`);
  expect(server.output()).toContain('Warning: this server is set up for development');
  const secret = statSync(join(directory, 'data/jwt-secret'));
  expect(secret.mode & 0o777).toBe(0o600);
  server.child.kill('SIGTERM');
  expect(await server.exited).toBe(0);
});

test('guarantee 11: a Ctrl+C that arrives twice, from the terminal and from npm, stops gracefully', async () => {
  const server = startProcess(directory, {});
  await server.listening;
  server.child.kill('SIGINT');
  server.child.kill('SIGTERM');
  expect(await server.exited).toBe(0);
});

test('it says where other devices of the network reach it, outside production', async () => {
  const address = Object.values(networkInterfaces())
    .flatMap((list = []) => list)
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
  const server = startProcess(directory, { HOST: '0.0.0.0' });
  const { port } = new URL(await server.listening);
  const line = `Other devices in your network reach it at http://${address}:${port}\n`;
  expect(server.output().includes(line)).toBe(address !== undefined);
});

test('a token outlives a restart, as the secret that is made is kept', async () => {
  const first = startProcess(directory, {});
  const { token, user } = await signUp({ url: await first.listening });
  first.child.kill('SIGTERM');
  await first.exited;
  const second = startProcess(directory, {});
  const me = await documentedFetch(`${await second.listening}/api/auth/me`, {
    headers: { Authorization: `Bearer ${token}` },
  });
  expect(await me.json()).toEqual(user);
});

test('METRICS_PORT serves figures for Prometheus, on a listener of their own', async () => {
  const METRICS_PORT = String(await freePort());
  const server = startProcess(directory, { METRICS_PORT });
  const url = await server.listening;
  const metrics = await (await fetch(`http://127.0.0.1:${METRICS_PORT}/metrics`)).text();
  expect(metrics).toMatch(/^# TYPE chat_connections gauge\nchat_connections 0$/m);
  expect(metrics).toMatch(/^process_resident_memory_bytes \d{7,}$/m);
  expect((await fetch(`http://127.0.0.1:${METRICS_PORT}/`)).status).toBe(404);
  expect((await documentedFetch(`${url}/metrics`)).status).toBe(404);

  const second = startProcess(directory, { METRICS_PORT });
  expect(await second.exited).toBe(1);
  expect(second.output()).toContain(
    `already listens on 127.0.0.1:${METRICS_PORT}: stop it, or choose another METRICS_PORT.`,
  );
});

test('every mistake in the configuration is named at once', async () => {
  const server = startProcess(directory, {
    NODE_ENV: 'production',
    PORT: 'x',
    BCRYPT_ROUNDS: '4',
    TRUST_PROXY: 'true',
  });
  expect(await server.exited).toBe(1);
  for (const name of ['PORT', 'BCRYPT_ROUNDS', 'TRUST_PROXY', 'JWT_SECRET']) {
    expect(server.output()).toMatch(new RegExp(`^- ${name} `, 'm'));
  }
});

test('a second server on the same port says so', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const address = other.address();
  const port = typeof address === 'object' && address ? String(address.port) : '';
  const server = startProcess(directory, { PORT: port });
  expect(await server.exited).toBe(1);
  expect(server.output()).toBe(
    `Another program already listens on 127.0.0.1:${port}: stop it, or choose another PORT.\n`,
  );
  other.close();
});

test('a MongoDB that is not there is one clear sentence without the password', async () => {
  const DATABASE_URL = 'mongodb://chat:hunter2@127.0.0.1:9/chat';
  const server = startProcess(directory, { DATABASE_URL });
  expect(await server.exited).toBe(1);
  expect(server.output()).toBe(
    'MongoDB does not respond at 127.0.0.1:9: start it, or correct DATABASE_URL. ' +
      'Without DATABASE_URL the server stores its data in SQLite, in sqlite://./data/chat.db.\n',
  );
});

test('a MongoDB that does not answer is given up within 5 s of the first attempt', async () => {
  const silent = createServer((connection) => connection.destroy())
    .listen(0, '127.0.0.1')
    .unref();
  await once(silent, 'listening');
  const address = silent.address();
  const host = typeof address === 'object' && address ? `127.0.0.1:${address.port}` : '';
  // Not from the start of the process: how long Node takes to load a program depends on what else the machine does.
  const attempt = once(silent, 'connection');
  const server = startProcess(directory, { DATABASE_URL: `mongodb://${host}/chat` });
  await attempt;
  const attempted = performance.now();
  expect(await server.exited).toBe(1);
  expect(performance.now() - attempted).toBeLessThan(5_000);
  expect(server.output()).toContain(
    `MongoDB does not respond at ${host}: start it, or correct DATABASE_URL.`,
  );
});

test('a database file that is none is one clear sentence', async () => {
  writeFileSync(join(directory, 'notes.txt'), 'this is no database, just a long enough text '.repeat(100));
  const server = startProcess(directory, { DATABASE_URL: 'sqlite://./notes.txt' });
  expect(await server.exited).toBe(1);
  expect(server.output()).toMatch(/^The database file \.\/notes\.txt can't be opened: .*\n$/);
  expect(readFileSync(join(directory, 'notes.txt'), 'utf8')).toContain('this is no database');
});

test('migrate creates the database without serving', async () => {
  const migration = startProcess(directory, { DATABASE_URL: 'sqlite://./new/chat.db' }, [
    builtProgram('cli'),
    'migrate',
  ]);
  expect(await migration.exited).toBe(0);
  expect(statSync(join(directory, 'new/chat.db')).size).toBeGreaterThan(0);
  expect(migration.output()).toBe('The database has the newest schema.\n');
});
