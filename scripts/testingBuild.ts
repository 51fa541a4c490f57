import { join, relative, resolve, sep } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';

const ROOT = resolve(__dirname, '..');
const SOURCE = join(ROOT, 'src');

/** Leaves the files of the server to its own build, which is in the folder above. */
const serverIsBuilt: Plugin = {
  name: 'server-is-built',
  setup({ onResolve }) {
    onResolve({ filter: /^\./ }, ({ path, resolveDir }) => {
      const file = relative(SOURCE, resolve(resolveDir, path));
      if (file.startsWith('..')) return null;
      return { path: `../${file.replaceAll(sep, '/')}`, external: true };
    });
  },
};

/** Builds the public test kit and its server program into the folder `testing` of a build of the server. */
export async function buildTesting(directory: string): Promise<void> {
  const options: BuildOptions = {
    absWorkingDir: ROOT,
    outdir: join(directory, 'testing'),
    bundle: true,
    packages: 'external',
    sourcemap: true,
    logLevel: 'warning',
  };
  const browser = { in: 'testkit/testing/browser.ts', out: 'browser' };
  await build({
    ...options,
    entryPoints: ['testkit/testing/index.ts', 'testkit/testing/serverProgram.ts'],
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    plugins: [serverIsBuilt],
  });
  const inBrowsers: BuildOptions = { ...options, entryPoints: [browser], target: 'es2022' };
  await build({ ...inBrowsers, format: 'cjs' });
  await build({ ...inBrowsers, format: 'esm', outExtension: { '.js': '.mjs' } });
}
