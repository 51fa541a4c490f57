/**
 * Installs the packed server and client in an empty project, and runs the programs of docs/testing.md there with Vitest, Jest and Playwright.
 * Run by `npm run test:long`, after a build.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { launchOptions } from '../../scripts/screenshots/browser';
import { freePort, inTemporaryFolder } from '../../testkit/serverProcess';
import { documentedProgram } from '../testkit/documentation';
import { TYPE_MODES } from './packedProjects';

const ROOT = resolve(__dirname, '../..');
const run = promisify(execFile);
const RUNNERS = ['vitest@4', 'jest@30', '@playwright/test@1'];

const CHAT = documentedProgram('chat.test.mjs');
const PLAYWRIGHT_CONFIG = `export default { use: { launchOptions: ${JSON.stringify(launchOptions())} } };`;
/** A program in another process than the server, which it controls. */
const REMOTE = `
import { spawn } from 'node:child_process';
import { connectTestServer, expectNothingLost } from 'smart-chat-server/testing/browser';
const child = spawn(process.execPath, ['test-server.mjs'], { stdio: ['ignore', 'pipe', 'inherit'] });
await new Promise((resolve) => child.stdout.once('data', resolve));
try {
  const server = await connectTestServer(process.argv[2]);
  const ada = await server.addUser();
  const [{ messages }] = await server.seed(ada);
  await expectNothingLost({ user: ada, sent: [], received: messages });
  await (await server.faults.kill()).heal();
  await expectNothingLost({ user: ada, sent: [], received: messages });
  process.stdout.write(server.url);
} finally {
  child.kill();
}`;
const PRODUCTION = `
import { startTestServer } from 'smart-chat-server/testing';
await startTestServer().catch(({ message }) => process.stdout.write(message.slice(0, 60)));`;
const TYPED = `
import { expectNothingLost, startTestServer, type TestServer, type TestUser, watch } from 'smart-chat-server/testing';
import { connectTestServer, type RemoteTestServer } from 'smart-chat-server/testing/browser';
import { createChatClient, type ChatClient } from 'smart-chat-client';
export async function proof(): Promise<void> {
  await using server: TestServer = await startTestServer({ reply: async function* ({ content }) { yield content; } });
  const ada: TestUser = await server.addUser();
  const client: ChatClient = watch(createChatClient({ url: server.url }));
  const fault = await server.faults.cut(ada);
  await fault.heal();
  await expectNothingLost(client);
  await expectNothingLost({ user: ada, sent: ['a'], received: async () => ['a', 'a'] }, { timeoutMs: 100 });
  // @ts-expect-error: a user, not a name
  await server.faults.cut('ada');
  // @ts-expect-error: the view has to say what the app shows
  await expectNothingLost({ user: ada, sent: ['a'] });
}
export const remote: Promise<RemoteTestServer> = connectTestServer('http://127.0.0.1:3002');
`;

async function expectSuccess(
  what: string,
  program: Promise<{ stdout: string }>,
  output = /(?:)/,
): Promise<void> {
  const { stdout } = await program;
  if (!output.test(stdout)) throw new Error(`${what} printed ${JSON.stringify(stdout)}`);
  process.stdout.write(`ok: ${what}\n`);
}

async function pack(folder: string, directory: string): Promise<string> {
  const args = ['pack', '--ignore-scripts', '--silent', '--pack-destination', directory];
  return join(directory, (await run('npm', args, { cwd: folder })).stdout.trim());
}

async function main(): Promise<void> {
  await inTemporaryFolder(async (directory) => {
    const tarballs = [await pack(ROOT, directory), await pack(join(ROOT, 'client'), directory)];
    const project = join(directory, 'project');
    mkdirSync(join(project, 'jest'), { recursive: true });
    const write = (name: string, text: string) => writeFileSync(join(project, name), text);
    const env = { PATH: process.env.PATH, HOME: directory, CI: 'true' };
    const start = (command: string, args: string[], more = {}) =>
      run(command, args, { cwd: project, env: { ...env, ...more }, timeout: 180_000 });

    write('package.json', '{"name":"empty","private":true}');
    await start('npm', ['install', '--no-audit', '--no-fund', '--silent', ...tarballs, ...RUNNERS]);
    write('chat.test.mjs', CHAT);
    await expectSuccess('Vitest', start('npx', ['vitest', 'run', 'chat.test.mjs']));
    write('jest/chat.test.mjs', CHAT.replace(/^.* from 'vitest';.*\n/m, ''));
    const modules = { NODE_OPTIONS: '--experimental-vm-modules' };
    await expectSuccess('Jest', start('npx', ['jest', 'jest/chat.test.mjs'], modules));
    write('chat.spec.mjs', documentedProgram('chat.spec.mjs'));
    write('playwright.config.mjs', PLAYWRIGHT_CONFIG);
    await expectSuccess('Playwright', start('npx', ['playwright', 'test', 'chat.spec.mjs']), /1 passed/);

    const [port, controlPort] = [String(await freePort()), String(await freePort())];
    const server = documentedProgram('test-server.mjs').replace('3001', port).replace('3002', controlPort);
    write('test-server.mjs', server);
    write('remote.mjs', REMOTE);
    const remote = start(process.execPath, ['remote.mjs', `http://127.0.0.1:${controlPort}`]);
    await expectSuccess('the control port', remote, new RegExp(`^http://127.0.0.1:${port}$`));
    write('production.mjs', PRODUCTION);
    const production = start(process.execPath, ['production.mjs'], { NODE_ENV: 'production' });
    await expectSuccess(
      'the refusal in production',
      production,
      /^The test server does not run with NODE_ENV=production/,
    );

    write('typed.mts', TYPED);
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const types = [
      '--types',
      'node',
      '--typeRoots',
      join(ROOT, 'node_modules/@types'),
      '--lib',
      'es2022,esnext.disposable,dom',
    ];
    for (const [resolution, modes] of TYPE_MODES) {
      const args = [tsc, '--noEmit', '--strict', '--skipLibCheck', ...modes, ...types, 'typed.mts'];
      await expectSuccess(`TypeScript with ${resolution}`, start(process.execPath, args));
    }
  });
}

main().catch((error: Error & { stdout?: string; stderr?: string }) => {
  process.stderr.write(`${error}\n${error.stdout ?? ''}${error.stderr ?? ''}\n`);
  process.exit(1);
});
