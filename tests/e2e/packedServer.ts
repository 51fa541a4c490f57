/** Installs the packed server in empty projects, and uses it as a command and as a library. Run by `npm run test:long`, after a build. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inTemporaryFolder } from '../../testkit/serverProcess';
import { createProject, expectSame, pack, ROOT, run, startPackedServer, TYPE_MODES } from './packedProjects';

const ESM = `
import { createChatServer } from 'smart-chat-server';
const chat = await createChatServer({ settings: { PORT: '0', LOG_LEVEL: 'silent' } });
const url = await chat.start();
const { status } = await fetch(url + '/readyz');
await chat.close();
process.stdout.write(String(status));
`;
const CJS = `const { createChatServer } = require('smart-chat-server'); process.stdout.write(typeof createChatServer);`;
const TYPED = `
import { createChatServer, type ChatServer, type Responder } from 'smart-chat-server';
const responder: Responder = { kind: 'immediate', respond: ({ content }) => content.toUpperCase() };
export const chat: Promise<ChatServer> = createChatServer({ settings: { PORT: '0' }, responder });
// @ts-expect-error: settings are texts
export const wrong = createChatServer({ settings: { PORT: 3001 } });
`;

/** Starts the command without any setting, and returns the status of the page that it serves. */
async function startWithNpx(directory: string): Promise<string> {
  const { url, stop } = await startPackedServer(directory);
  try {
    const { status } = await fetch(url);
    return `${status} ${(await fetch(`${url}/readyz`)).status}`;
  } finally {
    stop();
  }
}

/** In pnpm's layout a package can load only what it depends on. */
function installWithPnpm(directory: string, archive: string): string {
  const project = join(directory, 'with-pnpm');
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{"name":"with-pnpm","private":true}');
  run(project, 'npx', ['--yes', 'pnpm@10', 'add', '--silent', archive]);
  return project;
}

async function main(): Promise<void> {
  await inTemporaryFolder(async (directory) => {
    const archive = pack('.', directory);
    const project = createProject(directory, 'project', [archive]);

    expectSame('npx smart-chat-server start, without a setting', await startWithNpx(project), '200 200');
    expectSame('the version', run(project, 'npx', ['smart-chat-server', '--version']).trim(), '0.1.0');
    writeFileSync(join(project, 'server.mjs'), ESM);
    expectSame('an ES module', run(project, process.execPath, ['server.mjs']), '200');
    writeFileSync(join(project, 'server.cjs'), CJS);
    expectSame('CommonJS', run(project, process.execPath, ['server.cjs']), 'function');

    const withPnpm = installWithPnpm(directory, archive);
    writeFileSync(join(withPnpm, 'server.mjs'), ESM);
    expectSame('an ES module, installed with pnpm', run(withPnpm, process.execPath, ['server.mjs']), '200');

    writeFileSync(join(project, 'typed.mts'), TYPED);
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const types = ['--types', 'node', '--typeRoots', join(ROOT, 'node_modules/@types')];
    for (const [resolution, modes] of TYPE_MODES) {
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
