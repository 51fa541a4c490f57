import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');
/** How the set-up tells the tests, which run in processes of their own. */
const BUILD_VARIABLE = 'TEST_SERVER_BUILD';

/** Compiles the server for this run alone, in a place where it finds its packages. */
export function buildServer(): void {
  const directory = join(ROOT, 'node_modules/.cache/test-builds', String(process.pid));
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  const args = [compiler, '--project', 'tsconfig.build.json', '--outDir', directory];
  execFileSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' });
  process.env[BUILD_VARIABLE] = directory;
}

export function removeBuild(): void {
  const directory = process.env[BUILD_VARIABLE];
  if (directory) rmSync(directory, { recursive: true, force: true });
}

/** A compiled program, named by its path in `src`: of this test run, or, outside of one, of `npm run build`. */
export function builtProgram(name: string): string {
  return join(process.env[BUILD_VARIABLE] ?? join(ROOT, 'dist'), `${name}.js`);
}
