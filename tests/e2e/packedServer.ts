/** Installs the packed server in empty projects, and uses it as a command and as a library. Run by `npm run test:long`, after a build. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { inTemporaryFolder } from '../../testkit/serverProcess';

const ROOT = resolve(__dirname, '../..');
const LISTENING = /listens on (http:\/\/\S+)/;

const ESM = `
import { createChatServer, type ChatServer, type Responder } from 'smart-chat-server';
const chat = await createChatServer({ settings: { PORT: '0', LOG_LEVEL: 'silent' } });
const url = await chat.start();
const { status } = await fetch(url + '/readyz');
await chat.close();
process.stdout.write(String(status));
`;
const CJS = `const { createChatServer } = require('smart-chat-server'); process.stdout.write(typeof createChatServer);`;
const TYPED = `
const responder: Responder = { kind: 'immediate', respond: ({ content }) => content.toUpperCase() };
export const chat: Promise<ChatServer> = createChatServer({ settings: { PORT: '0' }, responder });
// @ts-expect-error: settings are texts
export const wrong = createChatServer({ settings: { PORT: 3001 } });
`;

function run(directory: string, command: string, args: readonly string[]): string {
  return execFileSync(command, args, {
    cwd: directory,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

function expectSame(what: string, found: string, expected: string): void {
  if (found !== expected)
    throw new Error(`${what}: ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`);
  process.stdout.write(`ok: ${what}\n`);
}

/** Starts the command without any setting, and returns the status of the page that it serves. */
async function startWithNpx(directory: string): Promise<string> {
  const env = { PATH: process.env.PATH, HOME: directory, HOST: '127.0.0.1', PORT: '0' };
  const server = spawn('npx', ['smart-chat-server', 'start'], { cwd: directory, env, detached: true });
  try {
    let output = '';
    const url = await new Promise<string>((resolveUrl, reject) => {
      const read = (chunk: Buffer) => {
        output += chunk.toString();
        const found = LISTENING.exec(output)?.[1];
        if (found) resolveUrl(found);
      };
      server.stdout.on('data', read);
      server.stderr.on('data', read);
      server.once('exit', () => reject(new Error(`The server exited:\n${output}`)));
    });
    const { status } = await fetch(url);
    return `${status} ${(await fetch(`${url}/readyz`)).status}`;
  } finally {
    if (server.pid !== undefined) process.kill(-server.pid, 'SIGTERM');
  }
}

async function main(): Promise<void> {
  await inTemporaryFolder(async (directory) => {
    const tarball = run(ROOT, 'npm', [
      'pack',
      '--ignore-scripts',
      '--silent',
      '--pack-destination',
      directory,
    ]).trim();
    const project = join(directory, 'project');
    mkdirSync(project);
    writeFileSync(join(project, 'package.json'), '{"name":"empty","private":true}');
    run(project, 'npm', ['install', '--no-audit', '--no-fund', '--silent', join(directory, tarball)]);

    expectSame('npx smart-chat-server start, without a setting', await startWithNpx(project), '200 200');
    expectSame('the version', run(project, 'npx', ['smart-chat-server', '--version']).trim(), '0.1.0');
    writeFileSync(join(project, 'server.mjs'), ESM);
    expectSame('an ES module', run(project, process.execPath, ['server.mjs']), '200');
    writeFileSync(join(project, 'server.cjs'), CJS);
    expectSame('CommonJS', run(project, process.execPath, ['server.cjs']), 'function');

    writeFileSync(join(project, 'typed.mts'), TYPED);
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const types = ['--types', 'node', '--typeRoots', join(ROOT, 'node_modules/@types')];
    for (const [module, resolution] of [
      ['node16', 'node16'],
      ['nodenext', 'nodenext'],
      ['esnext', 'bundler'],
    ] as const) {
      const modes = ['--module', module, '--moduleResolution', resolution, '--target', 'es2022'];
      const output = run(project, process.execPath, [
        ...[tsc, '--noEmit', '--strict', '--skipLibCheck'],
        ...[...modes, ...types, 'typed.mts'],
      ]);
      expectSame(`TypeScript with ${resolution}`, output, '');
    }
  });
}

main().catch((error: unknown) => {
  process.stderr.write(`${error}\n`);
  process.exit(1);
});
