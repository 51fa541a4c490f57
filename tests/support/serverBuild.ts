import { readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type BuildOptions, buildSync } from 'esbuild';
import { bundleServer, THREADS } from '../../scripts/serverBundle';
import { buildTesting } from '../../scripts/testingBuild';
import { buildWeb } from '../../scripts/webBuild';
import { BUILD_VARIABLE, buildDirectory } from '../../testkit/serverProcess';

const ROOT = resolve(__dirname, '../..');
/** Keeps the low priority of password threads. Without it, they have a normal one: beside other test files a login would take seconds. */
export const PRIORITY_VARIABLE = 'TEST_PASSWORD_PRIORITY';
const PRIORITY = `if (process.env.${PRIORITY_VARIABLE} !== 'low') require('node:os').setPriority = () => {};`;

/** Programs that tests run as processes. They import the compiled server. */
const TEST_PROGRAMS = ['tests/fleet/node.ts', 'tests/faults/slowResponderServer.ts'];

/** Modules of the tests that each worker loads once. They hold no state of a test file. */
export const SHARED_MODULES = ['tests/support/documents/closed', 'tests/support/documents/validation'];

let builtHere: string | undefined;

/** Builds the server and the web files for this run alone, in a folder from which the server finds its packages. */
export async function buildServer(): Promise<void> {
  builtHere = join(ROOT, 'node_modules/.cache/test-builds', String(process.pid));
  const directory = join(builtHere, 'dist');
  const options: BuildOptions = {
    absWorkingDir: ROOT,
    outdir: directory,
    outbase: 'src',
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    sourcemap: true,
    logLevel: 'warning',
  };
  buildSync({ ...options, entryPoints: serverFiles() });
  // As one file each, they start in half the time, and nearly every test starts them.
  buildSync({
    ...options,
    entryPoints: THREADS,
    bundle: true,
    external: ['@photostructure/sqlite'],
    banner: { js: PRIORITY },
  });
  bundleServer(directory, PRIORITY);
  const ofTests = [...TEST_PROGRAMS, ...SHARED_MODULES.map((name) => `${name}.ts`)];
  buildSync({ ...options, entryPoints: ofTests, outdir: builtHere, outbase: '.' });
  symlinkSync(directory, join(builtHere, 'src'));
  await buildTesting(directory);
  await buildWeb(join(directory, 'web'));
  process.env[BUILD_VARIABLE] = directory;
}

/** The files that `tsconfig.build.json` compiles. */
function serverFiles(): string[] {
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
  return files.filter((file) => /\.ts$/.test(file)).map((file) => join('src', file));
}

/** The path of a compiled program or shared module of the tests, named by its path, such as `tests/fleet/node`. */
export function builtTestProgram(name: string): string {
  return join(buildDirectory(), '..', `${name}.js`);
}

/** Removes the folder that `buildServer` created in this process, and never one that the environment names. */
export function removeBuild(): void {
  if (builtHere !== undefined) rmSync(builtHere, { recursive: true, force: true });
}

/** The folder of the built chat page. */
export function builtPage(): string {
  return join(buildDirectory(), 'web');
}
