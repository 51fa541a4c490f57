/** Compiles a program with the packed client in every supported TypeScript. Needs the package registry. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { typedFrameworks } from './consumers';
import {
  compileConsumer,
  IMPORTS,
  installPackedClient,
  linkFrameworks,
  PLATFORMS,
  run,
} from './packedClient';

const VERSIONS = ['5.4', '5.5', '5.6', '5.7', '5.8', '5.9', '6.0', 'latest'];
/** Of the oldest supported Node.js. */
const NODE_TYPES = '@types/node@20';

async function main(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'smart-chat-types-'));
  try {
    const consumer = await installPackedClient(directory);
    linkFrameworks(consumer);
    const compilers = join(directory, 'compilers');
    await install(compilers, [
      NODE_TYPES,
      ...VERSIONS.map((version) => `${folderOf(version)}@npm:typescript@${version}`),
    ]);
    for (const version of VERSIONS) {
      const tsc = join(compilers, 'node_modules', folderOf(version), 'bin/tsc');
      const options = {
        tsc,
        typeRoot: join(compilers, 'node_modules/@types'),
        imports: Object.values(IMPORTS),
      };
      for (const platform of PLATFORMS) {
        report(`${version}, ${platform.name}`, await compileConsumer(consumer, { ...options, platform }));
      }
      const platform = { name: 'frameworks', lib: ['es2022', 'dom'], types: [] };
      const frameworks = { ...options, platform, program: typedFrameworks };
      report(`${version}, frameworks`, await compileConsumer(consumer, frameworks));
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function report(where: string, reported: string): void {
  process.stdout.write(`TypeScript ${where}: ${reported || 'ok'}\n`);
  if (reported) process.exitCode = 1;
}

const folderOf = (version: string) => `typescript-${version}`;

async function install(folder: string, packages: readonly string[]): Promise<void> {
  const options = ['--no-audit', '--no-fund', '--ignore-scripts'];
  await run('npm', ['install', '--prefix', folder, ...options, ...packages]);
}

void main();
