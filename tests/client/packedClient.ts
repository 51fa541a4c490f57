import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { buildDirectory } from '../../testkit/serverProcess';
import { pollUntil } from '../../testkit/waiting';
import { typedConsumer } from './consumers';

export const ROOT = resolve(__dirname, '../..');
export const run = promisify(execFile);

const ARCHIVE = 'smart-chat-client-0.1.0.tgz';

/** Packs the client, and installs the archive for a consumer. Returns the folder of the consumer. */
export async function installPackedClient(directory: string): Promise<string> {
  return install(directory, await pack(directory));
}

/** The same with the archive that all test files of this run share: the first one packs it. */
export async function installSharedClient(directory: string): Promise<string> {
  const folder = join(buildDirectory(), '..', 'packedClient');
  const archive = join(folder, ARCHIVE);
  if (createFolder(folder)) renameSync(await pack(directory), archive);
  else await pollUntil(async () => existsSync(archive), Boolean);
  return install(directory, archive);
}

/** False if there is one already. */
function createFolder(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    if (existsSync(folder)) return false;
    throw error;
  }
}

/** Packs the client in a copy of the project, without the server's build. Returns the path of the archive. */
async function pack(directory: string): Promise<string> {
  const project = join(directory, 'project');
  for (const part of ['package.json', 'tsconfig.json', 'src', 'client'])
    cpSync(join(ROOT, part), join(project, part), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(project, 'node_modules'));
  await run('npm', ['pack', '--pack-destination', directory], { cwd: join(project, 'client') });
  return join(directory, ARCHIVE);
}

async function install(directory: string, archive: string): Promise<string> {
  const consumer = join(directory, 'consumer');
  const installed = join(consumer, 'node_modules/smart-chat-client');
  mkdirSync(installed, { recursive: true });
  await run('tar', ['-xzf', archive, '--strip-components=1', '-C', installed]);
  // The client's only dependency.
  link(consumer, 'socket.io-client');
  return consumer;
}

/** Makes a package of this project one of the consumer's. */
function link(consumer: string, name: string): void {
  const target = join(consumer, 'node_modules', name);
  mkdirSync(dirname(target), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules', name), target);
}

/** Where programs with the client are compiled: what they declare beside the language. */
export const PLATFORMS: readonly { name: string; lib: readonly string[]; types: readonly string[] }[] = [
  { name: 'the language alone', lib: ['es2022'], types: [] },
  { name: 'Node.js', lib: ['es2022'], types: ['node'] },
  { name: 'a Web Worker', lib: ['es2022', 'webworker'], types: [] },
  { name: 'a browser', lib: ['es2022', 'dom'], types: [] },
  { name: 'a browser, with the types of Node.js', lib: ['es2022', 'dom'], types: ['node'] },
];

interface Import {
  files: readonly string[];
  module: string;
  moduleResolution: string;
  jsx?: string;
}

/** How the client is imported, by every supported TypeScript. */
export const IMPORTS = {
  node16: { files: ['typed.mts', 'typed.cts'], module: 'node16', moduleResolution: 'node16' },
  nodenext: { files: ['typed.mts', 'typed.cts'], module: 'nodenext', moduleResolution: 'nodenext' },
  bundler: { files: ['typed.ts'], module: 'esnext', moduleResolution: 'bundler' },
} as const satisfies Record<string, Import>;

export interface CompileOptions {
  /** The compiler `tsc`. */
  tsc: string;
  typeRoot: string;
  platform: (typeof PLATFORMS)[number];
  imports: readonly Import[];
  /** Default: the program that uses the client alone, with every type checked. */
  program?: string;
}

/** Compiles a consumer. Returns what the compiler reports, empty if nothing. */
export async function compileConsumer(
  consumer: string,
  { tsc, typeRoot, platform: { lib, types }, imports, program }: CompileOptions,
): Promise<string> {
  let reported = '';
  for (const { files, ...options } of imports) {
    for (const file of files) writeFileSync(join(consumer, file), program ?? typedConsumer);
    const compilerOptions = {
      ...options,
      lib,
      types,
      typeRoots: [typeRoot],
      target: 'es2022',
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      // The types of frameworks are not ours.
      skipLibCheck: program !== undefined,
    };
    writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
    const compiled = run(process.execPath, [tsc, '--project', 'tsconfig.json'], { cwd: consumer });
    reported += (await compiled.catch((error: { stdout: string; stderr: string }) => error)).stdout;
  }
  return reported;
}

/** The packages of the frameworks for which the client has entries, with their types. */
const FRAMEWORKS = ['react', 'vue', '@vue', '@types/react', 'csstype'];

export function linkFrameworks(consumer: string): void {
  for (const name of FRAMEWORKS) link(consumer, name);
}
