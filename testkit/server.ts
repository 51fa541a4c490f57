import { rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Application,
  type ApplicationConfig,
  type ApplicationDependencies,
  createApplication,
} from '../src/application';
import type { DatabaseConfig } from '../src/config/database';
import { createLogger } from '../src/utils/logger';
import { createTemporaryFolder, TEST_SECRET } from './serverProcess';

/** A server in this process, which listens on a free port of loopback. */
export interface RunningServer {
  readonly url: string;
  readonly database: DatabaseConfig;
  /** The current application; `restart` replaces it. */
  readonly application: Application;
  /** Stops the server gracefully. Deletes its database only if the server created it. */
  close(): Promise<void>;
  /** Stops the server and starts another one on the same database and port. */
  restart(): Promise<void>;
}

export interface ServerOptions {
  /** Without one, the server creates a temporary SQLite file. */
  database?: DatabaseConfig;
  /** Overrides `TEST_CONFIG`. */
  config?: Partial<ApplicationConfig>;
  /** A function is called for each start, also by `restart`. Without a logger, the server logs nothing. */
  parts?: Partial<ApplicationDependencies> | (() => Partial<ApplicationDependencies>);
}

/** Configuration of a server under test: without rate limits, and with the cheapest password hash that bcrypt accepts. */
export const TEST_CONFIG: Omit<ApplicationConfig, 'database'> = {
  host: '127.0.0.1',
  port: 0,
  jwtSecrets: [TEST_SECRET],
  jwtExpiresInMs: 3_600_000,
  refreshExpiresInMs: 30 * 86_400_000,
  corsOrigins: ['http://localhost:3000'],
  loopbackOrigins: false,
  trustProxy: false,
  bcryptRounds: 4,
  authRatePerMinute: 0,
  connectRatePerMinute: 0,
  messageRatePerSecond: 0,
  webClient: false,
  webTitle: 'Smart Chat',
  webAccent: null,
  signUp: true,
  guests: false,
  externalAuth: null,
  redisUrl: null,
  nodeId: null,
  responder: { kind: 'echo' },
  responderConcurrency: 32,
  repliesPerUser: 2,
  tokensPerUserPerDay: 0,
};

/** Starts a server in this process. The caller closes it. */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  const folder = options.database ? null : createTemporaryFolder();
  const database = options.database ?? sqliteIn(folder ?? '');
  const config = { ...TEST_CONFIG, database, ...options.config };
  const createParts = (): ApplicationDependencies => {
    const parts = typeof options.parts === 'function' ? options.parts() : options.parts;
    return { logger: createLogger('silent'), ...parts };
  };

  let { application, port } = await start(config, createParts());
  return {
    url: `http://127.0.0.1:${port}`,
    database,
    get application() {
      return application;
    },
    async close() {
      await application.close();
      if (folder !== null) rmSync(folder, { recursive: true, force: true });
    },
    async restart() {
      await application.close();
      ({ application, port } = await start({ ...config, port }, createParts()));
    },
  };
}

/** The usual database file in a folder. */
export function sqliteIn(directory: string): DatabaseConfig & { kind: 'sqlite' } {
  return { kind: 'sqlite', path: join(directory, 'chat.db') };
}

async function start(
  config: ApplicationConfig,
  parts: ApplicationDependencies,
): Promise<{ application: Application; port: number }> {
  const application = await createApplication(config, parts);
  const { port } = await application.start();
  return { application, port };
}
