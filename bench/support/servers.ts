import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromSource, SERVER, type ServerProcess, startProcess } from '../../testkit/serverProcess';

/** Signs the tokens of all servers that are measured. */
export const SECRET = 'the secret of servers that are only measured';

/** As in production, but for the rate limits: the load comes from one address and few users. */
const ENVIRONMENT = {
  NODE_ENV: 'production',
  DATABASE_URL: 'sqlite://./chat.db',
  JWT_SECRET: SECRET,
  AUTH_RATE_PER_MINUTE: '0',
  CONNECT_RATE_PER_MINUTE: '0',
  MESSAGE_RATE_PER_SECOND: '0',
};

/** What `npm start` gives Node.js; the bare server gets the same. */
export const NODE_FLAGS = ['--max-semi-space-size=32'];

const BARE = fromSource(join(__dirname, 'bareServer.ts'));

/** Our server, as it is built, on the database in this folder. */
export function startOurs(directory: string, flags: readonly string[] = []): ServerProcess {
  return startProcess(directory, ENVIRONMENT, [...NODE_FLAGS, ...flags, ...SERVER]);
}

/** Socket.IO that only echoes. */
export function startBare(directory: string, flags: readonly string[] = []): ServerProcess {
  return startProcess(directory, {}, [...NODE_FLAGS, ...flags, ...BARE]);
}

export async function stop(server: ServerProcess): Promise<void> {
  server.child.kill('SIGTERM');
  await server.exited;
}

/** Does something in a new folder on the disk, and removes it. */
export async function inFolder<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'smart-chat-bench-'));
  try {
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
