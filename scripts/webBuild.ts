import { resolve } from 'node:path';
import type { BuildOptions } from 'esbuild';

const ROOT = resolve(__dirname, '..');

/** How esbuild makes the chat page, and the client library as one module for pages without a build step. */
export function webBuild(directory: string): BuildOptions {
  return {
    absWorkingDir: ROOT,
    entryPoints: {
      main: 'web/main.tsx',
      index: 'web/index.html',
      icon: 'web/icon.svg',
      client: 'client/src/index.ts',
    },
    outdir: directory,
    bundle: true,
    minify: true,
    format: 'esm',
    target: ['es2022', 'chrome111', 'firefox115', 'safari16.4'],
    loader: { '.html': 'copy', '.svg': 'copy' },
    logLevel: 'warning',
  };
}
