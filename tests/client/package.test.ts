import { execFile } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { startTestServer } from '../support/testServer';
import { cjsConsumer, esmConsumer, typedConsumer } from './consumers';

const ROOT = resolve(__dirname, '../..');
const run = promisify(execFile);
const directory = mkdtempSync(join(tmpdir(), 'smart-chat-package-'));
const consumer = join(directory, 'consumer');
const installed = join(consumer, 'node_modules/smart-chat-client');
const readPackage = (folder: string) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

/** Packs the client in a copy of the project, without the server's build, and installs the archive for a consumer. */
beforeAll(async () => {
  const project = join(directory, 'project');
  for (const part of ['package.json', 'tsconfig.json', 'src', 'client'])
    cpSync(join(ROOT, part), join(project, part), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(project, 'node_modules'));
  await run('npm', ['pack', '--pack-destination', directory], { cwd: join(project, 'client') });
  mkdirSync(installed, { recursive: true });
  const archive = join(directory, 'smart-chat-client-0.1.0.tgz');
  await run('tar', ['-xzf', archive, '--strip-components=1', '-C', installed]);
  // The client's only dependency.
  symlinkSync(join(ROOT, 'node_modules/socket.io-client'), join(consumer, 'node_modules/socket.io-client'));
}, 60_000);

afterAll(() => rmSync(directory, { recursive: true, force: true }));

test('the package contains the build and nothing else', () => {
  const files = readdirSync(installed, { recursive: true, encoding: 'utf8' });
  const unexpected = files.filter((file) => !/^(dist(\/.*)?|package\.json|README\.md|LICENSE)$/.test(file));
  expect(unexpected).toEqual([]);
});

test('its one dependency is the version that the tests use, and installing it runs no script', () => {
  const { dependencies, scripts } = readPackage(installed);
  expect(dependencies).toEqual({
    'socket.io-client': readPackage(ROOT).devDependencies['socket.io-client'],
  });
  expect(Object.keys(scripts)).toEqual(['prepack']);
});

test.each([
  ['import', 'consumer.mjs', esmConsumer],
  ['require', 'consumer.cjs', cjsConsumer],
])('the package works by %s', async (_how, file, text) => {
  const server = await startTestServer();
  writeFileSync(join(consumer, file), text);
  const { stdout } = await run(process.execPath, [file, server.url], { cwd: consumer });
  expect(JSON.parse(stdout)).toEqual([1, 2, 'from a consumer', true, 'VALIDATION_FAILED']);
});

test.each([
  ['an ES module of Node.js', 'typed.mts', 'node20'],
  ['a CommonJS module of Node.js', 'typed.cts', 'node20'],
  ['a bundler', 'typed.ts', 'preserve'],
])('its types serve %s', async (_who, file, module) => {
  writeFileSync(join(consumer, file), typedConsumer);
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const options = ['--noEmit', '--strict', '--skipLibCheck', '--target', 'es2023', '--lib', 'es2023,dom'];
  const result = run(process.execPath, [tsc, ...options, '--types', '', '--module', module, file], {
    cwd: consumer,
  });
  expect(await result.catch((error: { stdout: string }) => error)).toMatchObject({ stdout: '' });
});
