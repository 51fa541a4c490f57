import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestServer } from '../support/testServer';
import { cjsConsumer, esmConsumer, frameworkConsumers, typedFrameworks } from './consumers';
import {
  compileConsumer,
  IMPORTS,
  installSharedClient,
  linkFrameworks,
  PLATFORMS,
  ROOT,
  run,
} from './packedClient';

const directory = mkdtempSync(join(tmpdir(), 'smart-chat-package-'));
const readPackage = (folder: string) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
const typeRoot = join(ROOT, 'node_modules/@types');
let consumer: string;
let installed: string;

beforeAll(async () => {
  consumer = await installSharedClient(directory);
  installed = join(consumer, 'node_modules/smart-chat-client');
}, 60_000);

afterAll(() => rmSync(directory, { recursive: true, force: true }));

test('the package contains the build and nothing else', () => {
  const files = readdirSync(installed, { recursive: true, encoding: 'utf8' });
  const unexpected = files.filter((file) => !/^(dist(\/.*)?|package\.json|README\.md|LICENSE)$/.test(file));
  expect(unexpected).toEqual([]);
});

test('its one dependency is the version that the tests use, and installing it runs no script', () => {
  const { dependencies, scripts, peerDependencies, peerDependenciesMeta } = readPackage(installed);
  expect(dependencies).toEqual({
    'socket.io-client': readPackage(ROOT).dependencies['socket.io-client'],
  });
  expect(Object.keys(scripts)).toEqual(['prepack']);
  for (const peer of Object.keys(peerDependencies))
    expect(peerDependenciesMeta[peer]).toEqual({ optional: true });
});

test('with everything that it needs, it is at most 20 packages', () => {
  const names = new Set<string>();
  const add = (name: string) => {
    if (names.has(name)) return;
    names.add(name);
    for (const needed of Object.keys(readPackage(join(ROOT, 'node_modules', name)).dependencies ?? {}))
      add(needed);
  };
  add('socket.io-client');
  expect(names.size).toBeGreaterThan(3);
  expect(names.size + 1).toBeLessThanOrEqual(20);
});

test.each([
  ['import', 'consumer.mjs', esmConsumer],
  ['require', 'consumer.cjs', cjsConsumer],
])('the package works by %s', async (_how, file, text) => {
  const server = await startTestServer();
  writeFileSync(join(consumer, file), text);
  const { stdout } = await run(process.execPath, [file, server.url], { cwd: consumer });
  expect(JSON.parse(stdout)).toEqual([1, 2, 'from a consumer', true, 'VALIDATION_FAILED', 'ready']);
});

describe('the entries for frameworks', () => {
  beforeAll(() => linkFrameworks(consumer));

  test.each(Object.entries(frameworkConsumers))(
    'export the same by import and require: %s',
    async (file, text) => {
      writeFileSync(join(consumer, file), text);
      const { stdout } = await run(process.execPath, [file], { cwd: consumer });
      const [react, vue]: string[][] = JSON.parse(stdout);
      const hooks = ['useChatClient', 'useConnection', 'useMessages', 'useSessions', 'useUser'];
      expect(react?.sort()).toEqual(['ChatProvider', ...hooks]);
      expect(vue?.sort()).toEqual(['createChat', ...hooks]);
    },
  );

  test('are client components where React renders on a server', () => {
    for (const [file, isClient] of [
      ['react.mjs', true],
      ['index.mjs', false],
    ] as const)
      expect(/^"use client";/.test(readFileSync(join(installed, 'dist', file), 'utf8'))).toBe(isClient);
  });

  test('have types', async () => {
    const platform = { name: 'a browser', lib: ['es2022', 'dom'], types: [] };
    const imports = [IMPORTS.node16];
    expect(
      await compileConsumer(consumer, { tsc, typeRoot, platform, imports, program: typedFrameworks }),
    ).toBe('');
  });
});

/** `test:long` compiles for the others, too, by each supported TypeScript. */
const MOST_DIFFERENT = PLATFORMS.filter(({ name }) => name === 'the language alone' || name === 'a browser');

test.each(MOST_DIFFERENT)('its types compile for $name', async (platform) => {
  const imports = [IMPORTS.node16, IMPORTS.bundler];
  expect(await compileConsumer(consumer, { tsc, typeRoot, platform, imports })).toBe('');
});
