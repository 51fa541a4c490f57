import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endProcesses, RestartableServer } from '../../testkit/serverProcess';
import { signUpDocumented } from '../support/documents/account';
import { measuresTimes } from '../support/measuredTimes';
import { beginRequest } from './keptAlive';

measuresTimes();

const STOP_LIMIT_MS = 10_000;
const UPGRADE = [
  'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1',
  'Host: 127.0.0.1',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  '\r\n',
].join('\r\n');

describe('guarantee 11: no client holds up a stop', () => {
  const directory = mkdtempSync(join(tmpdir(), 'smart-chat-hanging-'));
  const connections: Socket[] = [];
  afterAll(() => {
    for (const connection of connections) connection.destroy();
    endProcesses();
    rmSync(directory, { recursive: true, force: true });
  });

  /** A connection that sends just this, and from the first answer on reads nothing. */
  async function frozen(url: string, text: string): Promise<void> {
    const connection = connect(Number(new URL(url).port), '127.0.0.1');
    connections.push(connection);
    connection.on('error', () => {});
    await once(connection, 'connect');
    if (text === '') return;
    connection.write(text);
    await once(connection, 'readable');
    connection.pause();
  }

  test('neither one that is frozen, nor one that says nothing, nor one that never finishes its request', async () => {
    const server = await RestartableServer.create(directory, {});
    await server.start();
    const account = await signUpDocumented(server.url);
    await frozen(server.url, UPGRADE);
    await frozen(server.url, '');
    await frozen(server.url, 'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGET /heal');
    const path = `/api/sessions/${randomUUID()}/messages`;
    await beginRequest(server.url, path, account.login.token, { content: 'never sent' });
    const started = performance.now();
    expect(await server.end('SIGTERM')).toBe(0);
    expect(performance.now() - started).toBeLessThan(STOP_LIMIT_MS);
  });
});
