/**
 * `tsx tests/faults/largeDeletions.ts [--messages N …] [--sessions N]` deletes sessions with N messages and an account with N sessions
 * at a built server while another user sends and reads, and prints how long that user waited at most.
 */
import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Account, PASSWORD } from '../../testkit/account';
import { inTemporaryFolder, RestartableServer } from '../../testkit/serverProcess';
import { hasRows, insertManyRows } from '../support/manyRows';

/** How long others may wait, in milliseconds, on a machine that does nothing else. */
const LIMIT_MS = 100;
/** How long the other user is observed before the deletion, in milliseconds. */
const BASELINE_MS = 5_000;
const PAUSE_MS = 2;
const MESSAGES_PER_SESSION = 20;

interface Size {
  sessions: number;
  messages: number;
}

type Delete = (account: Account, sessionIds: string[]) => Promise<Response>;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      messages: { type: 'string', multiple: true, default: ['1000000', '4000000'] },
      sessions: { type: 'string', default: '10000' },
    },
  });
  const waits: number[] = [];
  for (const messages of values.messages.map(Number)) {
    waits.push(await run(`session of ${messages} messages`, { sessions: 1, messages }, deleteSession));
  }
  const sessions = Number(values.sessions);
  const size = { sessions, messages: MESSAGES_PER_SESSION };
  waits.push(await run(`account of ${sessions} sessions`, size, deleteAccount));
  process.exitCode = waits.every((wait) => wait <= LIMIT_MS) ? 0 : 1;
}

/** Prints the figures, and returns the longest wait of the other user. */
function run(name: string, size: Size, deletion: Delete): Promise<number> {
  return inTemporaryFolder(async (directory) => {
    const path = join(directory, 'chat.db');
    const server = await RestartableServer.create(directory, { DATABASE_URL: `sqlite://${path}` });
    await server.start();
    try {
      const owner = await Account.signUp(server.url);
      const sessionIds = insertManyRows(path, { userId: owner.login.user.id, ...size });
      const other = await Observer.start(server.url);
      await delay(BASELINE_MS);
      const usual = other.takeLongest();

      const startedAt = performance.now();
      const { status } = await deletion(owner, sessionIds);
      const deletedMs = performance.now() - startedAt;
      if (status !== 204) throw new Error(`The deletion was answered with status ${status}`);
      while (hasRows(path, 'deleted_sessions') || hasRows(path, 'deleted_users')) await delay(100);
      const purgedMs = performance.now() - startedAt;
      const longest = other.takeLongest();
      await other.stop();
      const log = statSync(`${path}-wal`).size / 2 ** 20;
      process.stdout.write(
        `${name}: deleted in ${Math.round(deletedMs)} ms, no row left after ${(purgedMs / 1000).toFixed(1)} s, longest wait of ` +
          `others ${Math.round(longest)} ms (${Math.round(usual)} ms before), write-ahead log ${Math.round(log)} MB\n`,
      );
      return longest;
    } finally {
      await server.end('SIGTERM');
    }
  });
}

/** A user who sends, reads and asks for readiness all the time. */
class Observer {
  private longest = 0;
  private stopped = false;
  private readonly running: Promise<unknown>;

  private constructor(account: Account, path: string) {
    this.running = Promise.all([
      this.repeat(() => account.request(path, { content: 'Hello' })),
      this.repeat(() => account.request(path)),
      this.repeat(() => fetch(`${account.url}/readyz`)),
    ]);
  }

  static async start(url: string): Promise<Observer> {
    const account = await Account.signUp(url);
    const id = randomUUID();
    await account.request('/api/sessions', { id });
    return new Observer(account, `/api/sessions/${id}/messages`);
  }

  /** The longest response time since the last call, in milliseconds. */
  takeLongest(): number {
    const { longest } = this;
    this.longest = 0;
    return longest;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.running;
  }

  private async repeat(request: () => Promise<Response>): Promise<void> {
    while (!this.stopped) {
      const startedAt = performance.now();
      const response = await request();
      await response.arrayBuffer();
      this.longest = Math.max(this.longest, performance.now() - startedAt);
      if (!response.ok) throw new Error(`Another user was answered with status ${response.status}`);
      await delay(PAUSE_MS);
    }
  }
}

function deleteSession({ url, login }: Account, [sessionId]: string[]): Promise<Response> {
  return fetch(`${url}/api/sessions/${sessionId}`, {
    method: 'DELETE',
    headers: { Authorization: `Bearer ${login.token}` },
  });
}

function deleteAccount({ url, login }: Account): Promise<Response> {
  return fetch(`${url}/api/auth/me`, {
    method: 'DELETE',
    headers: { Authorization: `Bearer ${login.token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ password: PASSWORD }),
  });
}

void main();
