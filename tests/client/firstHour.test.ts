import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ERROR_CATALOGUE } from '../../src/domain/errors';
import { documentedFetch } from '../support/documents/fetch';
import { asyncApi, openApi } from '../support/documents/validation';
import type { TestServer } from '../support/testServer';
import { startPageServer } from '../web/pageServer';
import { compileConsumer, IMPORTS, installSharedClient, linkFrameworks, ROOT, run } from './packedClient';

const directory = mkdtempSync(join(tmpdir(), 'smart-chat-first-hour-'));
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const DOCUMENTED = 'http://localhost:3001';
let server: TestServer;
let consumer: string;
let llms: string;

beforeAll(async () => {
  server = await startPageServer();
  consumer = await installSharedClient(directory);
  linkFrameworks(consumer);
  llms = await textOf('/llms.txt');
}, 60_000);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function textOf(path: string): Promise<string> {
  const response = await fetch(server.url + path);
  expect([path, response.status]).toEqual([path, 200]);
  return response.text();
}

/** The code of the blocks in this language. */
const blocksOf = (text: string, language: string) =>
  Array.from(
    text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm')),
    ([, code = '']) => code,
  );

/** Runs a program in the folder of the consumer, as it is, until it ends. */
async function runProgram(code: string): Promise<string> {
  writeFileSync(join(consumer, 'program.mjs'), code);
  return (await run(process.execPath, ['program.mjs'], { cwd: consumer, timeout: 15_000 })).stdout;
}

const ECHO = {
  llms: 'user: Hello, server!\nserver: Hello, server!\n',
  readme: 'user Hello, server!\nserver Hello, server!\n',
};

test('the client in /llms.txt runs as it is, twice, and ends', async () => {
  const [client = ''] = blocksOf(llms, 'js');
  expect(await runProgram(client)).toBe(ECHO.llms);
  expect(await runProgram(client)).toBe(ECHO.llms);
});

test('the clients in the README run as they are, twice, and end', async () => {
  const clients = blocksOf(README, 'js').filter((code) => /'(smart-chat|socket\.io)-client'/.test(code));
  expect(clients).toHaveLength(2);
  const [typed = '', bare = ''] = clients.map((code) => code.replaceAll(DOCUMENTED, server.url));
  for (const expected of [ECHO.readme, ECHO.readme]) expect(await runProgram(typed)).toBe(expected);
  for (const expected of ['user Hello!\nserver Hello!\n', 'user Hello!\nserver Hello!\n']) {
    expect(await runProgram(bare)).toBe(expected);
  }
});

test.each([
  ['README', () => README],
  ['/llms.txt', () => llms],
])('the React code in the %s compiles', async (_where, text) => {
  const [program = ''] = blocksOf(text(), 'tsx');
  const platform = { name: 'a browser', lib: ['es2022', 'dom'], types: [] };
  const imports = [{ ...IMPORTS.bundler, files: ['typed.tsx'], jsx: 'react-jsx' }];
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const typeRoot = join(ROOT, 'node_modules/@types');
  expect(program).toContain('useMessages');
  expect(await compileConsumer(consumer, { tsc, typeRoot, platform, imports, program })).toBe('');
});

test('what /llms.txt names exists, and nothing is missing', async () => {
  const routes = Array.from(llms.matchAll(/^- `([A-Z]+ \/\S+)`/gm), ([, route]) => route);
  const documented = Object.entries(openApi.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(routes.sort()).toEqual(documented.sort());
  const events = Array.from(
    llms.matchAll(/^- (client → server|server → client) `([^`]+)`/gm),
    ([, , name]) => name,
  );
  expect(events).toHaveLength(Object.keys(asyncApi.operations).length);
  for (const code of Object.keys(ERROR_CATALOGUE)) expect(llms).toContain(code);
  expect(llms).not.toContain(DOCUMENTED);
  const links = Array.from(
    llms.matchAll(new RegExp(`${server.url}(/[\\w./-]+)`, 'g')),
    ([, path = '']) => path,
  );
  expect(new Set(links).size).toBeGreaterThanOrEqual(7);
  // The build of the tests has no package.
  for (const path of new Set(links)) if (!path.endsWith('.tgz')) await textOf(path);
});

interface Item {
  name: string;
  request: { method: string; auth?: object; url: { path: string[] }; body?: { raw: string } };
}

test('the Postman collection has every route, and its sign-up works', async () => {
  const collection: { item: { name: string; item: Item[] }[]; variable: { key: string; value: string }[] } =
    JSON.parse(await textOf('/docs/postman.json'));
  expect(collection.variable).toContainEqual({ key: 'baseUrl', value: server.url });
  const items = collection.item.flatMap((folder) => folder.item);
  const routes = items.map(({ request: { method, url } }) => `${method} /${url.path.join('/')}`);
  const documented = Object.entries(openApi.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
  );
  expect(routes.sort()).toEqual(documented.sort());
  const operations = Object.values(openApi.paths).flatMap((item) => Object.values(item));
  for (const { summary, security, requestBody } of operations) {
    const item = items.find(({ name }) => name === summary);
    expect([summary, item?.request.auth !== undefined]).toEqual([summary, security.length === 0]);
    expect([summary, item?.request.body !== undefined]).toEqual([summary, requestBody !== undefined]);
  }
  const signUp = items.find(({ request: { url } }) => url.path.at(-1) === 'signup')?.request;
  const { status } = await documentedFetch(`${server.url}/${signUp?.url.path.join('/')}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: signUp?.body?.raw ?? '',
  });
  // 409 if another test of this file has signed up with the account of the examples.
  expect([201, 409]).toContain(status);
});
