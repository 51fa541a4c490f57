import { resolve } from 'node:path';
import { buildSync } from 'esbuild';

const ROOT = resolve(__dirname, '../..');
const CLIENT = resolve(ROOT, 'client/src/index.ts');

/** Bundles a browser program with its imports into one ES module. */
export function bundleForBrowser(source: string): string {
  return bundle({ stdin: { contents: source, loader: 'tsx', resolveDir: ROOT } });
}

/** The client as the server serves it to pages without a build step. */
export function clientModule(): string {
  return bundle({ entryPoints: [CLIENT] });
}

/** The client as a script that sets the global `chat`, with the build of Socket.IO that bundlers of apps choose. */
export function clientScript(): string {
  return bundle({ entryPoints: [CLIENT], globalName: 'chat' }, 'iife');
}

/** A page's program with everything that it imports, as React and Vue run it during development. */
export function bundlePage(path: string): string {
  const define = { 'process.env.NODE_ENV': '"development"' };
  return bundle({ entryPoints: [path], define });
}

function bundle(entry: object, format: 'esm' | 'iife' = 'esm'): string {
  const result = buildSync({
    alias: { 'smart-chat-client/react': resolve(CLIENT, '../react.ts'), 'smart-chat-client': CLIENT },
    bundle: true,
    write: false,
    format,
    platform: 'browser',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
    ...entry,
  });
  return result.outputFiles[0]?.text ?? '';
}
