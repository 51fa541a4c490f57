import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestServer } from '../support/testServer';
import { cjsConsumer, esmConsumer } from './consumers';
import { compileConsumer, installPackedClient, PLATFORMS, ROOT, run } from './packedClient';

const directory = mkdtempSync(join(tmpdir(), 'smart-chat-package-'));
const readPackage = (folder: string) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
let consumer: string;
let installed: string;

beforeAll(async () => {
  consumer = await installPackedClient(directory);
  installed = join(consumer, 'node_modules/smart-chat-client');
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
    'socket.io-client': readPackage(ROOT).dependencies['socket.io-client'],
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

test.each(PLATFORMS)('its types compile for $name', async (platform) => {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  expect(await compileConsumer(consumer, tsc, platform, join(ROOT, 'node_modules/@types'))).toBe('');
});
