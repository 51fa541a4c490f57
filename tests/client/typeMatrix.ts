/** Compiles a program with the packed client in every supported TypeScript. Needs the package registry. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileConsumer, installPackedClient, PLATFORMS, run } from './packedClient';

const VERSIONS = ['5.4', '5.5', '5.6', '5.7', '5.8', '5.9', '6.0', 'latest'];
/** Of the oldest supported Node.js. */
const NODE_TYPES = '@types/node@20';

async function main(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'smart-chat-types-'));
  try {
    const consumer = await installPackedClient(directory);
    const compilers = join(directory, 'compilers');
    await install(compilers, [
      NODE_TYPES,
      ...VERSIONS.map((version) => `${folderOf(version)}@npm:typescript@${version}`),
    ]);
    for (const version of VERSIONS) {
      const tsc = join(compilers, 'node_modules', folderOf(version), 'bin/tsc');
      for (const platform of PLATFORMS) {
        const reported = await compileConsumer(
          consumer,
          tsc,
          platform,
          join(compilers, 'node_modules/@types'),
        );
        process.stdout.write(`TypeScript ${version}, ${platform.name}: ${reported || 'ok'}\n`);
        if (reported) process.exitCode = 1;
      }
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const folderOf = (version: string) => `typescript-${version}`;

async function install(folder: string, packages: readonly string[]): Promise<void> {
  const options = ['--no-audit', '--no-fund', '--ignore-scripts'];
  await run('npm', ['install', '--prefix', folder, ...options, ...packages]);
}

void main();
