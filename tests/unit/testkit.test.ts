import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { openStore } from '../../src/stores/open';
import { times } from '../../testkit/builders';
import { Random } from '../../testkit/random';
import { seedMessages, seedUsers } from '../../testkit/seeding';
import { sqliteIn, startServer } from '../../testkit/server';
import { fromSource, inTemporaryFolder } from '../../testkit/serverProcess';
import { TcpProxy } from '../../testkit/tcpProxy';
import { Changes, withTimeout } from '../../testkit/waiting';
import { signUpDocumented } from '../support/documents/account';

test('importing the test kit starts and prints nothing', async () => {
  const program = fromSource(resolve(__dirname, '../../testkit/index.ts'));
  // It resolves only if the process exits by itself.
  expect(await promisify(execFile)(process.execPath, program)).toEqual({ stdout: '', stderr: '' });
});

test('the same seed gives the same choices, another seed others', () => {
  const choices = (seed: number) => {
    const random = new Random(seed);
    return times(20, () => random.between(1, 1_000));
  };
  expect(choices(1)).toEqual(choices(1));
  expect(choices(1)).not.toEqual(choices(2));
  for (const choice of choices(1)) expect([choice >= 1, choice <= 1_000]).toEqual([true, true]);
});

test('a timeout rejects with its error, and not if the promise settles before', async () => {
  const never = new Promise<void>(() => {});
  await expect(withTimeout(never, 1, () => new Error('too late'))).rejects.toThrow('too late');
  await expect(withTimeout(Promise.resolve(1), 1_000, () => new Error('too late'))).resolves.toBe(1);
});

describe('a server in this process', () => {
  test('restarts on its port and data, and removes the database that it created', async () => {
    const server = await startServer();
    const account = await signUpDocumented(server.url);
    await server.restart();
    expect((await account.request('/api/auth/me')).status).toBe(200);
    const path = server.database.kind === 'sqlite' ? server.database.path : '';
    expect(existsSync(path)).toBe(true);
    await server.close();
    expect(existsSync(path)).toBe(false);
  });

  test('keeps a database that it was given', () =>
    inTemporaryFolder(async (directory) => {
      const database = sqliteIn(directory);
      await (await startServer({ database })).close();
      expect(existsSync(database.path)).toBe(true);
    }));
});

describe('a seeded database', () => {
  test('has users whose tokens a server accepts', () =>
    inTemporaryFolder(async (directory) => {
      const users = await seedUsers(directory, 60);
      expect(new Set(users.map(({ userId }) => userId)).size).toBe(60);
      const server = await startServer({ database: sqliteIn(directory) });
      for (const { token } of users) {
        const headers = { Authorization: `Bearer ${token}` };
        expect((await fetch(`${server.url}/api/auth/me`, { headers })).status).toBe(200);
      }
      await server.close();
    }));

  test('has one long session and the rest in sessions of 1,000 messages', () =>
    inTemporaryFolder(async (directory) => {
      const { userId, sessionId, messages } = await seedMessages(directory, { total: 3_400, longest: 1_400 });
      const store = await openStore(sqliteIn(directory));
      const { sessions } = await store.listSessions(userId, { limit: 100 }, new Date().toISOString());
      expect(sessions.map(({ lastSeq }) => lastSeq).toSorted()).toEqual([1_000, 1_000, 1_400]);
      const page = await store.readMessages(userId, sessionId, { after: messages - 3, limit: 10 });
      expect(page?.messages.map(({ seq, sender }) => [seq, sender])).toEqual([
        [1_398, 'server'],
        [1_399, 'user'],
        [1_400, 'server'],
      ]);
      await store.close();
    }));
});

describe('a TCP proxy', () => {
  const open: (() => void)[] = [];
  afterEach(() => {
    for (const close of open.splice(0)) close();
  });

  /** A connection through a proxy to a server that collects what it receives. */
  async function startLink() {
    let received = '';
    const changes = new Changes();
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', (data) => {
        received += data;
        changes.notify();
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (typeof address !== 'object' || !address) throw new Error('The server has no port');
    const proxy = await TcpProxy.to(`http://127.0.0.1:${address.port}`);
    const client = connectTo(proxy);
    client.on('error', () => {});
    await once(client, 'connect');
    open.push(() => {
      client.destroy();
      proxy.refuse();
      server.close();
    });
    const until = (text: string) => changes.until(() => received.includes(text));
    return { proxy, client, until, received: () => received };
  }

  function connectTo(proxy: TcpProxy) {
    const [, port] = proxy.host.split(':');
    return connect(Number(port), '127.0.0.1').setNoDelay();
  }

  /** Passes data over another connection: data that was sent before it has reached its proxy by then. */
  async function passOther(): Promise<void> {
    const { client, until } = await startLink();
    client.write('other');
    await until('other');
  }

  test('passes nothing on while it holds, and everything in its order once it is released', async () => {
    const { proxy, client, until, received } = await startLink();
    client.write('a');
    await until('a');
    proxy.hold();
    client.write('b');
    await passOther();
    client.write('c');
    await passOther();
    expect(received()).toBe('a');
    proxy.release();
    client.write('d');
    await until('d');
    expect(received()).toBe('abcd');
  });

  test('delays data, and keeps its order when the delay becomes shorter', async () => {
    const { proxy, client, until, received } = await startLink();
    proxy.delay(200);
    const started = performance.now();
    client.write('slow');
    await passOther();
    proxy.delay(0);
    client.write('fast');
    await until('fast');
    expect(received()).toBe('slowfast');
    expect(performance.now() - started).toBeGreaterThanOrEqual(199);
  });

  test('cuts all connections and refuses new ones until it accepts again', async () => {
    const { proxy, client } = await startLink();
    const closed = once(client, 'close');
    proxy.refuse();
    await closed;
    const [error] = await once(connectTo(proxy), 'error');
    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
    await proxy.accept();
    const accepted = connectTo(proxy);
    await once(accepted, 'connect');
    accepted.destroy();
  });
});
