import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { builtProgram } from '../../testkit/serverProcess';

const ROOT = resolve(__dirname, '../..');
const run = promisify(execFile);

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'smart-chat-main-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const MAIN = JSON.stringify(builtProgram('index'));
const NAMES = ['ConfigError', 'ResponderFailure', 'createApplication', 'createChatServer', 'readConfig'];

/** Settings of which a server would read or reject each. */
const SETTINGS = {
  PORT: 'x',
  HOST: 'x y',
  DATABASE_URL: 'sqlite://./chat.db',
  JWT_SECRET: 'x',
  LOG_LEVEL: 'x',
};

/** Prints the names of the exports, the settings that were read, and whether it opened anything. */
const REPORT = `
const read = [];
const { stdout, stderr } = process;
const before = String(process.getActiveResourcesInfo());
process.env = new Proxy(process.env, { get: (env, name) => (read.push(name), env[name]) });
const names = Object.keys(require(${MAIN})).sort();
const settings = read.filter((name) => ${JSON.stringify(Object.keys(SETTINGS))}.includes(name));
const isQuiet = String(process.getActiveResourcesInfo()) === before;
stdout.write(JSON.stringify({ names, settings, isQuiet }));
`;

test('importing the main opens, listens and reads nothing', async () => {
  // Reading it as a file fails.
  mkdirSync(join(directory, '.env'));
  const options = { cwd: directory, env: { ...process.env, ...SETTINGS }, timeout: 15_000 };
  const { stdout, stderr } = await run(process.execPath, ['-e', REPORT], options);
  expect(JSON.parse(stdout)).toEqual({ names: NAMES, settings: [], isQuiet: true });
  expect(stderr).toBe('');
  expect(readdirSync(directory)).toEqual(['.env']);
});

test('an ES module imports it by name', async () => {
  const source = `import { ${NAMES} } from ${MAIN}; process.stdout.write(typeof createApplication);`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', source], {
    cwd: directory,
    timeout: 15_000,
  });
  expect(stdout).toBe('function');
});

const CONSUMER = `
import { type Application, type ChatServer, type Config, ConfigError, createApplication, createChatServer, type Prompt, readConfig, type Responder } from 'smart-chat-server';
import { pino } from 'pino';

const shout: Responder = { kind: 'immediate', respond: ({ content }: Prompt) => content.toUpperCase() };

export async function start(): Promise<number> {
  const { config }: { config: Config } = readConfig({ JWT_SECRET: 'x'.repeat(32) });
  const application: Application = await createApplication(config, { logger: pino(), responder: shout });
  const { port } = await application.start();
  await application.close();
  return port;
}

export async function startWhole(): Promise<string | null> {
  const chat: ChatServer = await createChatServer({ settings: { PORT: '0', LOG_LEVEL: 'silent' }, responder: shout });
  return chat.start();
}

// @ts-expect-error: a responder has a kind.
export const incomplete: Responder = { respond: ({ content }: Prompt) => content };
export const isConfigError = (error: unknown): boolean => error instanceof ConfigError;
`;

test('its types serve CommonJS and ES modules', async () => {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const installed = join(directory, 'node_modules/smart-chat-server');
  mkdirSync(installed, { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(installed, 'package.json'));
  // `npm run typecheck` checks the sources.
  const emit = ['--project', join(ROOT, 'tsconfig.build.json'), '--emitDeclarationOnly', '--noCheck'];
  await run(process.execPath, [tsc, ...emit, '--outDir', join(installed, 'dist')]);
  for (const name of ['pino', '@types']) {
    symlinkSync(join(ROOT, 'node_modules', name), join(directory, 'node_modules', name));
  }
  for (const file of ['consumer.cts', 'consumer.mts']) writeFileSync(join(directory, file), CONSUMER);
  const check = ['--noEmit', '--strict', '--target', 'es2023', '--module', 'node20', '--types', 'node'];
  const result = run(process.execPath, [tsc, ...check, '--skipLibCheck', 'consumer.cts', 'consumer.mts'], {
    cwd: directory,
  });
  expect(await result.catch((error: { stdout: string }) => error)).toMatchObject({ stdout: '' });
}, 60_000);
