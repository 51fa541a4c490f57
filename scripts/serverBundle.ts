import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { createTemporaryFolder, freePort, fromSource } from '../testkit/serverProcess';
import { asProgram } from './programCache';

/** How long the server may take to start and stop during the build, in milliseconds. */
const START_TIMEOUT_MS = 60_000;

const ROOT = resolve(__dirname, '..');

/** The programs that the server runs in threads. */
export const THREADS = ['src/stores/sqlite/worker.ts', 'src/services/passwordThread.ts'];

/** Loaded only where the configuration needs them, or with native code of their own. */
const LOADED_WHEN_NEEDED = [
  '@photostructure/sqlite',
  '@redis/client',
  '@zxcvbn-ts/language-common',
  'eventsource-parser',
  'mongoose',
  'piscina',
  'prom-client',
  'rate-limiter-flexible',
];
/** The loader of the sources, and optional parts of `ws` that are not installed. */
const ABSENT = ['tsx', 'bufferutil', 'utf-8-validate'];

/**
 * Bundles the server program and its threads, one file each, into the folder of a build. A start reads 3 files then instead of 600,
 * and takes 0.65 of the CPU time. `server.js` runs the program with the compiled code that `keepCompiledCode` has kept, if any. `banner` is
 * code that each of them begins with.
 */
export function bundleServer(directory: string, banner = ''): void {
  const { outputFiles } = buildSync({
    absWorkingDir: ROOT,
    entryPoints: [
      { in: 'scripts/startProgram.ts', out: 'server' },
      { in: 'src/server.ts', out: 'program' },
      ...THREADS.map((thread) => ({ in: thread, out: basename(thread, '.ts') })),
    ],
    outdir: directory,
    bundle: true,
    external: [...LOADED_WHEN_NEEDED, ...ABSENT],
    // Otherwise three versions of the same 2,500 types are loaded.
    alias: { 'mime-db': require.resolve('mime-db') },
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    sourcemap: true,
    banner: { js: banner },
    logLevel: 'warning',
    write: false,
  });
  mkdirSync(directory, { recursive: true });
  for (const { path, text } of outputFiles) {
    const code = path.endsWith('.js') ? inAscii(text) : text;
    writeFileSync(path, basename(path) === 'program.js' ? asProgram(code) : code);
  }
}

/**
 * Starts the bundled server once, in an empty folder, so that later starts need not compile it. V8 accepts that from the same version of
 * Node.js with the same V8 options, which are none, as in `npm start`. Throws if the server does not start.
 */
export async function keepCompiledCode(directory: string): Promise<void> {
  const folder = createTemporaryFolder();
  const port = await freePort();
  const program = join(__dirname, 'keepCode.ts');
  const command = [...fromSource(program), directory, String(port)];
  const { status, stderr } = spawnSync(process.execPath, command, {
    cwd: folder,
    env: {
      ...{ PATH: process.env.PATH, HOST: '127.0.0.1', PORT: String(port), NODE_ENV: 'production' },
      ...{ DATABASE_URL: 'sqlite://./chat.db', JWT_SECRET: 'x'.repeat(64), LOG_LEVEL: 'warn' },
      // The page may not be built yet.
      WEB_CLIENT: 'off',
    },
    encoding: 'utf8',
    timeout: START_TIMEOUT_MS,
  });
  rmSync(folder, { recursive: true, force: true });
  if (status !== 0) throw new Error(`The server that was built does not start:\n${stderr}`);
}

/**
 * Escapes the characters beyond ASCII, which are in comments, strings and regular expressions only. With one of them, V8 keeps the whole
 * text with two bytes for each character, 3.5 MB more.
 */
function inAscii(code: string): string {
  return code.replace(
    /[^\0-\x7f]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
