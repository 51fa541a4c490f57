import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { writeCompressed } from './webBuild';

const ROOT = resolve(__dirname, '..');
const run = promisify(execFile);

/**
 * Packs the client library into the folder of the web files, so that apps can install it from the server. Builds it first if it is not
 * built.
 */
export async function packClient(directory: string): Promise<void> {
  if (!existsSync(join(ROOT, 'client/dist/chat-client.global.js')))
    await run('npm', ['run', 'build:client'], { cwd: ROOT });
  const temporary = await mkdtemp(join(tmpdir(), 'smart-chat-client-'));
  try {
    const args = ['pack', '--ignore-scripts', '--silent', '--pack-destination', temporary];
    const { stdout } = await run('npm', args, { cwd: join(ROOT, 'client') });
    await writeCompressed(
      join(directory, 'smart-chat-client.tgz'),
      await readFile(join(temporary, stdout.trim())),
    );
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}
