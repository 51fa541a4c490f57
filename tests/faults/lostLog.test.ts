import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import {
  builtProgram,
  freePort,
  type ServerProcess,
  signalUntilExit,
  startProcess,
  TEST_ENVIRONMENT,
} from '../../testkit/serverProcess';
import { signUpDocumented } from '../support/documents/account';
import { measuresTimes } from '../support/measuredTimes';
import { useProcessFolder } from '../support/processFolder';
import { beginRequest } from './keptAlive';

measuresTimes();

const STOP_LIMIT_MS = 10_000;
/** Log lines of so many requests don't fit in a pipe. */
const MANY = 3_000;
const FEW = 20;

const directory = useProcessFolder();
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
});
const environment = { ...TEST_ENVIRONMENT, LOG_LEVEL: 'info' };

/** Sends so many requests over one connection, without waiting between them. */
async function fillLog(url: string, requests: number): Promise<void> {
  const connection = connect(Number(new URL(url).port), '127.0.0.1');
  const request = (connection: string) =>
    `GET /api/auth/me HTTP/1.1\r\nHost: x\r\nConnection: ${connection}\r\n\r\n`;
  connection.write(request('keep-alive').repeat(requests - 1) + request('close'));
  expect((await text(connection)).match(/HTTP\/1.1 401/g)).toHaveLength(requests);
}

/** Asks for this status again and again, until it is the response or the process has ended. */
async function untilReadyIs(
  url: string,
  status: number,
  { child }: Pick<ServerProcess, 'child'>,
): Promise<void> {
  const ask = () => fetch(`${url}/readyz`).catch(() => null);
  while (child.exitCode === null && (await ask())?.status !== status);
}

/** Expects the process to end with this within the limit. */
async function expectExit(
  { exited }: Pick<ServerProcess, 'exited'>,
  result: number | NodeJS.Signals,
): Promise<void> {
  const started = performance.now();
  expect(await exited).toBe(result);
  expect(performance.now() - started).toBeLessThan(STOP_LIMIT_MS);
}

describe('guarantee 11: a stop does not depend on the reader of the log', () => {
  test('which has stalled', async () => {
    const server = startProcess(directory, environment);
    const url = await server.listening;
    server.child.stdout?.pause();
    await fillLog(url, MANY);
    const { login } = await signUpDocumented(url);
    expect(login.token).not.toBe('');
    server.child.kill('SIGTERM');
    await expectExit(server, 0);
  });

  test('which has stalled, when a second signal comes', async () => {
    const server = startProcess(directory, environment);
    const url = await server.listening;
    server.child.stdout?.pause();
    await fillLog(url, MANY);
    const { login } = await signUpDocumented(url);
    await beginRequest(url, `/api/sessions/${randomUUID()}/messages`, login.token, { content: 'never sent' });
    server.child.kill('SIGTERM');
    await untilReadyIs(url, 503, server);
    signalUntilExit(() => server.child.kill('SIGTERM'), server.exited);
    await expectExit(server, 'SIGKILL');
  });

  test('which has gone', async () => {
    const server = startProcess(directory, environment);
    const url = await server.listening;
    server.child.stdout?.destroy();
    server.child.stderr?.destroy();
    await fillLog(url, FEW);
    server.child.kill('SIGTERM');
    await expectExit(server, 0);
  });

  test.each(['stdout', 'stdout and stderr'])('which is a full disk, for %s', async (streams) => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const full = openSync('/dev/full', 'w');
    const child = spawn(process.execPath, [builtProgram('server')], {
      cwd: directory,
      env: { ...environment, HOST: '127.0.0.1', PORT: String(port) },
      stdio: ['ignore', full, streams === 'stdout' ? 'ignore' : full],
    });
    closeSync(full);
    const exited = once(child, 'exit').then(([code, signal]) => code ?? signal);
    children.push(child);
    await untilReadyIs(url, 200, { child });
    await fillLog(url, FEW);
    child.kill('SIGTERM');
    await expectExit({ exited }, 0);
  });
});
