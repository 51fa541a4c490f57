import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { freeze } from '../../testkit/serverProcess';
import { type MongoProcess, START_LIMIT_MS } from './mongoProcess';

const run = promisify(execFile);

const PACKAGE = '@jongodb/memory-server-bin-linux-x64-gnu@0.1.6';
const INTEGRITY =
  'sha512-IYOsw016/gCOMRt2rd8RZ8PY4Cd33LmrOe7ntKVtpNQdRkkPkAMkn3D7rihb4jSs7zOECvzRZp8eHs7vlabvQQ==';
const BINARY = 'package/bin/jongodb';
const CACHE = resolve(__dirname, '../../node_modules/.cache/mongo-stand-in');

/** Path of the stand-in's binary. Fetched with npm if it is not in the cache. */
export async function findStandIn(): Promise<string> {
  if (!isLinuxX64Glibc()) throw new Error('the stand-in runs on Linux x64 with glibc only');
  const home = join(CACHE, archiveName().replace('.tgz', ''));
  const binary = join(home, BINARY);
  if (!existsSync(binary)) await fetchTo(home);
  return binary;
}

/** Starts the stand-in on a free port of the loopback interface. It keeps everything in memory. */
export async function startStandIn(binary: string): Promise<MongoProcess> {
  const child = spawn(binary, ['--host=127.0.0.1', '--port=0'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  try {
    return {
      url: await urlPrintedBy(child),
      pause: () => freeze(child),
      resume: () => void child.kill('SIGCONT'),
      async stop() {
        process.off('exit', kill);
        if (child.exitCode !== null || child.signalCode !== null) return;
        kill();
        await once(child, 'exit');
      },
    };
  } catch (error) {
    kill();
    throw error;
  }
}

function isLinuxX64Glibc(): boolean {
  if (process.platform !== 'linux' || process.arch !== 'x64') return false;
  const report: unknown = process.report.getReport();
  return JSON.stringify(report).includes('"glibcVersionRuntime"');
}

/** Another run may fetch it concurrently: the first one to rename its folder wins, and the other uses that folder. */
async function fetchTo(home: string): Promise<void> {
  await mkdir(CACHE, { recursive: true });
  const directory = await mkdtemp(join(CACHE, 'fetching-'));
  try {
    const packed = ['pack', PACKAGE, '--json', '--pack-destination', directory];
    await run('npm', packed, { cwd: directory, timeout: 120_000 });
    const archive = join(directory, 'archive.tgz');
    await rename(join(directory, archiveName()), archive);
    await verify(archive);
    await run('tar', ['-xzf', archive, '-C', directory]);
    await rm(archive);
    await rename(directory, home);
  } catch (error) {
    if (!existsSync(join(home, BINARY))) throw error;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The file name that `npm pack` gives the archive. */
function archiveName(): string {
  return `${PACKAGE.replace('@', '').replaceAll(/[/@]/g, '-')}.tgz`;
}

async function verify(archive: string): Promise<void> {
  const digest = createHash('sha512')
    .update(await readFile(archive))
    .digest('base64');
  if (`sha512-${digest}` !== INTEGRITY) throw new Error(`${PACKAGE} does not have the expected checksum`);
}

async function urlPrintedBy(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('the stand-in has no output');
  const timer = setTimeout(() => child.kill('SIGKILL'), START_LIMIT_MS);
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const url = /^JONGODB_URI=(\S+)/.exec(line)?.[1];
      if (url) return url;
    }
  } finally {
    clearTimeout(timer);
    // Unread output would fill the pipe and block the server.
    child.stdout.resume();
    child.stderr?.resume();
  }
  throw new Error('the stand-in ended before it was ready');
}
