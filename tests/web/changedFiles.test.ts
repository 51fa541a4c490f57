import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { builtPage } from '../support/serverBuild';
import { startTestServer, type TestServer } from '../support/testServer';

/** Larger than the buffers between server and client. */
const LARGE = 32 * 1024 * 1024;

let pageDirectory: string;
let server: TestServer;
beforeEach(async () => {
  pageDirectory = mkdtempSync(join(tmpdir(), 'smart-chat-page-'));
  cpSync(builtPage(), pageDirectory, { recursive: true });
  writeFileSync(join(pageDirectory, 'client.js'), Buffer.alloc(LARGE, ' '));
  server = await startTestServer({ config: { webClient: true }, parts: { pageDirectory } });
});
afterEach(() => rmSync(pageDirectory, { recursive: true, force: true }));

async function download(path: string): Promise<IncomingMessage> {
  const request = get(server.url + path, { headers: { 'Accept-Encoding': 'identity' } });
  const [response]: IncomingMessage[] = await once(request, 'response');
  if (!response) throw new Error('no response');
  return response;
}

test('an aborted download closes its file', async () => {
  const response = await download('/client.js');
  expect(openFiles()).toEqual([join(pageDirectory, 'client.js')]);
  response.destroy();
  // The test times out if the file stays open.
  while (openFiles().length > 0) await setImmediate();
});

test('a file that was deleted costs only its request', async () => {
  rmSync(join(pageDirectory, 'client.js'));
  const missing = await download('/client.js');
  expect(missing.statusCode).toBe(404);
  expect(missing.headers).toMatchObject({ 'content-type': 'application/problem+json; charset=utf-8' });
  expect(missing.headers).not.toHaveProperty('content-encoding');
  expect((await download('/')).statusCode).toBe(200);
});

/** The files of the page that this process has open. */
function openFiles(): string[] {
  const names = readdirSync('/proc/self/fd');
  return names
    .map((name) => linkTarget(join('/proc/self/fd', name)))
    .filter((path) => path.startsWith(pageDirectory));
}

function linkTarget(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    // The descriptor that listed the folder is closed by now.
    return '';
  }
}
