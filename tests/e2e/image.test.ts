import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { endProcesses, freePort, startProcess } from '../../testkit/serverProcess';
import { signUp } from '../support/client';
import { commandOf, readDockerfile, type Stage } from '../support/dockerfile';
import { buildImage } from '../support/imageBuild';

const PROJECT = resolve(__dirname, '../..');
const run = promisify(execFile);

let directory: string;
let root: string;
let stage: Stage;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'smart-chat-image-'));
  ({ stage, root } = buildImage(directory));
}, 60_000);
afterAll(() => {
  endProcesses();
  rmSync(directory, { recursive: true, force: true });
});

function settingOf(name: string): string | undefined {
  return stage.instructions.find((instruction) => instruction.name === name)?.text;
}

test('the image serves, says that it is healthy, writes to its volume alone and stops', async () => {
  const environment = { NODE_ENV: 'production', JWT_SECRET: 'x'.repeat(32), PORT: String(await freePort()) };
  expect(settingOf('ENV')).toBe('NODE_ENV=production');
  const [node, ...program] = commandOf(stage, 'CMD');
  const [checkNode, ...check] = commandOf(stage, 'HEALTHCHECK');
  expect([node, checkNode]).toEqual(['node', 'node']);
  const isHealthy = () =>
    run(process.execPath, check, { cwd: root, env: { HOST: '127.0.0.1', ...environment } });
  const before = readdirSync(root);
  await expect(isHealthy()).rejects.toThrow('Error: connect ECONNREFUSED');

  const server = startProcess(root, environment, program);
  await signUp({ url: await server.listening });
  await expect(isHealthy()).resolves.toEqual({ stdout: 'The server is ready.\n', stderr: '' });
  expect(readdirSync(root)).toEqual(before);
  expect(settingOf('VOLUME')).toBe('/app/data');
  expect(readdirSync(join(root, 'data'))).toContain('chat.db');
  server.child.kill('SIGTERM');
  expect(await server.exited).toBe(0);
});

test('the health check fails where the server can not serve, and says why', async () => {
  const [, ...check] = commandOf(stage, 'HEALTHCHECK');
  const withoutSecret = run(process.execPath, check, { cwd: root, env: { NODE_ENV: 'production' } });
  await expect(withoutSecret).rejects.toThrow('JWT_SECRET is not set');
});

test('the image runs what npm start runs, as somebody without rights, on a Node.js that package.json allows', () => {
  const { scripts } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8'));
  expect(commandOf(stage, 'CMD').join(' ')).toBe(scripts.start);
  expect(settingOf('USER')).toBe('node');
  const images = readDockerfile(join(PROJECT, 'Dockerfile')).map(({ image }) => image);
  expect(new Set(images)).toEqual(new Set(['node:24-slim']));
});

test('the commands for the data run in the image, without what only a build needs', async () => {
  const { scripts } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8'));
  const [, ...migrate] = String(scripts['db:migrate']).split(' ');
  const [, ...backup] = String(scripts.backup).split(' ');
  const options = { cwd: root, env: { DATABASE_URL: `sqlite://${directory}/moved/chat.db` } };
  expect((await run(process.execPath, migrate, options)).stdout).toBe(
    'The database has the newest schema.\n',
  );
  const { stdout } = await run(process.execPath, [...backup, join(directory, 'backup.db')], options);
  expect(stdout).toMatch(/^0 users, 0 logins, 0 sessions, 0 messages \(0 unanswered\)$/m);
});
