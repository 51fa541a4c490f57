import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { loadOrCreateSecret } from '../../src/config/secrets';

const root = resolve(__dirname, '../..');
let temporary: string;
let directory: string;
let file: string;

beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), 'secret-'));
  directory = join(temporary, 'not/there/yet');
  file = join(directory, 'jwt-secret');
});
afterEach(() => rmSync(temporary, { recursive: true }));

it('makes a secret of 48 random bytes, and keeps it where only its owner reads it', () => {
  const secret = loadOrCreateSecret(directory);
  expect(Buffer.from(secret, 'base64url')).toHaveLength(48);
  expect(readFileSync(file, 'utf8')).toBe(secret);
  if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
});

it('returns the same at the next start, and another one elsewhere', () => {
  const secret = loadOrCreateSecret(directory);
  expect(loadOrCreateSecret(directory)).toBe(secret);
  expect(loadOrCreateSecret(join(temporary, 'other'))).not.toBe(secret);
});

it('gives processes that start at once the same', async () => {
  const code = `process.stdout.write(require('./src/config/secrets').loadOrCreateSecret(process.argv[1]))`;
  const start = () =>
    promisify(execFile)(process.execPath, ['--require', 'tsx/cjs', '-e', code, directory], { cwd: root });
  const runs = await Promise.all(Array.from({ length: 4 }, start));
  expect(new Set(runs.map(({ stdout }) => stdout))).toEqual(new Set([readFileSync(file, 'utf8')]));
});

it('waits for the process that is writing it', async () => {
  const secret = 'a'.repeat(64);
  mkdirSync(directory, { recursive: true });
  writeFileSync(file, '');
  const writer = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
     parentPort.postMessage('ready');
     setTimeout(() => require('node:fs').writeFileSync(workerData.file, workerData.secret), 100);`,
    { eval: true, workerData: { file, secret } },
  );
  await once(writer, 'message');
  expect(loadOrCreateSecret(directory)).toBe(secret);
  await once(writer, 'exit');
});

it.each(['', 'cut-short'])('refuses the incomplete secret "%s", and says what to do', (rest) => {
  mkdirSync(directory, { recursive: true });
  writeFileSync(file, rest);
  expect(() => loadOrCreateSecret(directory)).toThrow(`${file} contains no complete secret. Delete the file`);
  expect(readFileSync(file, 'utf8')).toBe(rest);
});
