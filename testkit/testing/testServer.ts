import { randomBytes, randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Message } from '../../src/domain/message';
import type { AuthResult } from '../../src/domain/user';
import { createTemporaryFolder } from '../serverProcess';
import { ControlServer } from './controlServer';
import { createFaults } from './faults';
import type { RemoteTestServer } from './kit';
import { Relay } from './relay';
import { type MakeReply, Replies } from './replies';
import { ServerChild } from './serverChild';

export interface TestServerOptions {
  /** Makes the replies. By default every reply is the message itself. */
  reply?: MakeReply;
  /** Settings by the names of the environment variables, such as `{ JWT_EXPIRES_IN: '5m' }`. The environment itself is not read. */
  settings?: Readonly<Record<string, string>>;
  /** The port of `url`. Default: any free one. */
  port?: number;
  /** A port of loopback on which tests in a browser, or in another process, control the server; 0 for any free one. */
  controlPort?: number;
}

/** A chat server for tests, with a database of its own that `close` deletes. */
export interface TestServer extends RemoteTestServer {
  /** For `connectTestServer`; null without `controlPort`. */
  readonly controlUrl: string | null;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Of the servers that are not closed. */
const folders = new Set<string>();

const PASSWORD = 'correct horse battery';

/**
 * Starts a chat server for tests on loopback: a process of its own with a temporary database, and a relay in front of it that
 * applies the faults. Rejects if `NODE_ENV` is
 * `production`, if a setting is invalid, and if a port is taken.
 */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  refuseProduction(process.env.NODE_ENV);
  const { settings = {}, port = 0, controlPort } = options;
  const relay = await Relay.start(port);
  const folder = createTemporaryFolder();
  folders.add(folder);
  if (!process.listeners('exit').includes(removeFolders)) process.once('exit', removeFolders);
  const replies = new Replies(options.reply);
  const server = new ServerChild({
    databasePath: join(folder, 'chat.db'),
    jwtSecret: randomBytes(48).toString('base64url'),
    settings,
    replies,
    onExit() {
      relay.targetPort = null;
    },
  });
  let control: ControlServer | null = null;
  async function close(): Promise<void> {
    control?.close();
    await Promise.all([relay.close(), server.close()]);
    removeFolder(folder);
  }
  const remote: RemoteTestServer = {
    url: relay.url,
    faults: createFaults({ relay, server, releaseReplies: () => replies.heal() }),
    async addUser(username = `user-${randomUUID().slice(0, 13)}`) {
      const { user, token, refreshToken } = await signUp(relay.targetPort, username);
      relay.know(user.id, user.username, `${username}@example.com`);
      const stored = (sessionId?: string) => readStored(server, user.id, sessionId);
      return { user, token, refreshToken, password: PASSWORD, stored };
    },
    seed: ({ user }, input = {}) => server.call('seed', user.id, input),
    async nextReply(reply) {
      return replies.add(typeof reply === 'string' ? { pieces: [reply] } : reply);
    },
  };
  try {
    relay.targetPort = await server.start();
    if (controlPort !== undefined) control = await ControlServer.start(remote, controlPort);
  } catch (error) {
    await close();
    throw error;
  }
  return { ...remote, controlUrl: control?.url ?? null, close, [Symbol.asyncDispose]: close };
}

/** For tests that end without `close`. */
function removeFolders(): void {
  folders.forEach(removeFolder);
}

function removeFolder(folder: string): void {
  folders.delete(folder);
  rmSync(folder, { recursive: true, force: true });
}

function refuseProduction(environment: string | undefined): void {
  if (environment !== 'production') return;
  throw new Error(
    'The test server does not run with NODE_ENV=production: it has no rate limits, keeps no data, and breaks connections on demand. Run your tests with NODE_ENV=test, or start a real server with "smart-chat-server start".',
  );
}

/** Goes to the server directly, so that it works during network faults too. */
async function signUp(port: number | null, username: string): Promise<AuthResult> {
  if (port === null) throw new Error('The server is down: heal the fault that killed it first.');
  const response = await fetch(`http://127.0.0.1:${port}/api/auth/signup`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ username, email: `${username}@example.com`, password: PASSWORD }),
  });
  const body = await response.text();
  if (response.status !== 201)
    throw new Error(`The user can't be added (status ${response.status}): ${body}`);
  const login: AuthResult = JSON.parse(body);
  return login;
}

async function readStored(server: ServerChild, userId: string, sessionId?: string): Promise<Message[]> {
  const ids = sessionId === undefined ? await server.call('listSessions', userId) : [sessionId];
  const [id, ...others] = ids;
  if (id === undefined) return [];
  if (others.length > 0)
    throw new Error(`The user has ${ids.length} sessions. Pass the id of one: ${ids.join(', ')}`);
  const messages = await server.call('readMessages', userId, id);
  if (!messages) throw new Error(`The user has no session ${id}.`);
  return messages;
}
