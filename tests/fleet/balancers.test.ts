import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join as joinPath, resolve } from 'node:path';
import { times } from '../../testkit/builders';
import { freePort } from '../../testkit/serverProcess';
import { pollUntil } from '../../testkit/waiting';
import { present } from '../contract/storeFixture';
import { connect, record, signUp } from '../support/client';
import { describeWith } from '../support/describeWith';
import { startFleet } from '../support/fleet';
import { join, send } from '../support/socketCalls';
import { mongoUrlForTest } from '../support/testMongo';
import { newTestFolder } from '../support/testServer';

const SCALING = resolve(__dirname, '../../docs/scaling.md');

interface Balancer {
  name: 'nginx' | 'haproxy';
  binary: string;
  /** The program's whole configuration. */
  complete(recipe: string, folder: string): string;
  arguments(file: string, folder: string): string[];
}

const BALANCERS: Balancer[] = [
  {
    name: 'nginx',
    binary: '/usr/sbin/nginx',
    complete(recipe, folder) {
      const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
        (name) => `${name}_temp_path ${joinPath(folder, name)};`,
      );
      return `daemon off; master_process off; pid ${joinPath(folder, 'pid')}; error_log stderr; events {}
        http { access_log off; ${paths.join(' ')}\n${recipe}\n}`;
    },
    arguments: (file, folder) => ['-p', folder, '-c', file],
  },
  {
    name: 'haproxy',
    binary: '/usr/sbin/haproxy',
    complete: (recipe) => recipe,
    arguments: (file) => ['-db', '-f', file],
  },
];

const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
});

/** Runs the recipe of docs/scaling.md in front of these nodes, and resolves with its address. */
async function startBalancer(balancer: Balancer, nodeUrls: readonly string[]): Promise<string> {
  const [, recipe] =
    new RegExp(`\`\`\`${balancer.name}\n(.*?)\`\`\``, 's').exec(readFileSync(SCALING, 'utf8')) ?? [];
  const port = await freePort();
  const hosts = nodeUrls.map((url) => new URL(url).host);
  const adapted = present(recipe)
    .replaceAll('127.0.0.1:3001', present(hosts[0]))
    .replaceAll('127.0.0.1:3002', present(hosts[1]))
    .replace(/listen 80;|bind :80\b/, (text) => text.replace(/:?80/, `127.0.0.1:${port}`));
  const folder = newTestFolder();
  const file = joinPath(folder, 'balancer.conf');
  writeFileSync(file, balancer.complete(adapted, folder));
  const child = spawn(balancer.binary, balancer.arguments(file, folder), {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  children.push(child);
  let printed = '';
  child.stderr.on('data', (chunk) => {
    printed += String(chunk);
  });
  const exited = once(child, 'exit').then(() => {
    throw new Error(`${balancer.name} has ended:\n${printed}`);
  });
  const url = `http://127.0.0.1:${port}`;
  await Promise.race([exited, untilReady(url)]);
  exited.catch(() => {});
  return url;
}

async function untilReady(url: string): Promise<void> {
  await pollUntil(
    () => fetch(`${url}/readyz`).catch(() => null),
    (response) => response?.status === 200,
  );
}

describe.each(BALANCERS)('$name as documented for several nodes', (balancer) => {
  const noMongo = mongoUrlForTest() === null ? 'There is no MongoDB.' : null;
  const missing = existsSync(balancer.binary)
    ? noMongo
    : `${balancer.name} is not installed: run "apt-get install ${balancer.name}".`;

  describeWith(missing, 'with two nodes', () => {
    test('sends all requests of a polling connection to its node, and spreads the connections', async () => {
      const names = ['node-1', 'node-2'];
      const nodes = [];
      const [first] = await startFleet({ nodes: 1, config: { nodeId: 'node-1' } });
      const { database } = present(first);
      const [second] = await startFleet({ nodes: 1, config: { nodeId: 'node-2' }, database });
      nodes.push(present(first), present(second));
      const url = await startBalancer(
        balancer,
        nodes.map((node) => node.url),
      );
      const { token } = await signUp(present(first));
      const transports = [['polling'], ['polling', 'websocket'], ['websocket']];
      const sockets = await Promise.all(
        times(12, (i) => connect({ url }, token, { transports: transports[i % 3], tryAllTransports: false })),
      );
      const used = sockets.map(({ io }) => present(io.engine.id).split('.')[0]);
      expect([...new Set(used)].sort()).toEqual(names);
      const sessionId = randomUUID();
      for (const socket of sockets) await join(socket, sessionId);
      const heard = sockets.map((socket) => record(socket, 'message'));
      await send(present(sockets[0]), sessionId, 'to all');
      for (const [index, device] of heard.entries()) await device.atLeast(index === 0 ? 1 : 2);
    });
  });
});
