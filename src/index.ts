/**
 * The package's main: the chat server as a library. Importing it opens, listens and reads nothing.
 *
 * ```ts
 * const chat = await createChatServer({ settings: { PORT: '3001' }, responder });
 * console.log(await chat.start());
 * ```
 */
import type { Server } from 'node:http';
import { createApplication, type MountedHandler } from './application';
import { urlOfServer } from './config/network';
import { misspeltSettings, readConfig } from './config/readConfig';
import { secretsOf } from './config/secrets';
import type { Responder } from './responders/responder';
import type { ChatHooks } from './services/hooks';
import { createLogger, type Logger } from './utils/logger';

export { type Application, createApplication } from './application';
export { type Config, ConfigError, readConfig } from './config/readConfig';
export {
  type Prompt,
  type ReplyPart,
  type Responder,
  ResponderFailure,
  type StreamingPrompt,
  type Turn,
} from './responders/responder';
export type {
  ChatHooks,
  MessageDecision,
  MessageDraft,
  MessageRefusal,
  SessionAction,
} from './services/hooks';

export interface ChatServerOptions {
  /** Settings by the names of the environment variables, such as `{ PORT: '3001' }`. Neither the environment nor `.env` is read. */
  settings?: Readonly<Record<string, string | undefined>>;
  /** By default the one that the settings name. */
  responder?: Responder;
  /** Functions of the app that check messages and access to sessions. */
  hooks?: ChatHooks;
  /** By default one that writes to stdout, at the level of `LOG_LEVEL`. */
  logger?: Logger;
  /** The HTTP server of an app that mounts `handler`. It also carries the sockets, and `close` closes it. */
  server?: Server;
}

export interface ChatServer {
  /**
   * Serves, and resolves with the URL; with a `server` of your own, which you listen with, it resolves with null. Rejects with the system's
   * error, such as `EADDRINUSE`.
   */
  start(): Promise<string | null>;
  /** The REST API and its documents as middleware, before any body parser: `app.use(chat.handler)`. Passes other paths on. */
  readonly handler: MountedHandler;
  /** Completes and acknowledges everything in flight, and closes listener, sockets and database, within 10 s. */
  close(): Promise<void>;
}

/**
 * Creates a chat server, and opens its database. Nothing is served before `start`. Without `JWT_SECRET`, outside production, a secret is made and
 * kept in `data/`. Rejects with a `ConfigError` for settings that are invalid, and with the error of a database that can't be opened.
 */
export async function createChatServer(options: ChatServerOptions = {}): Promise<ChatServer> {
  const { settings = {}, responder, hooks, server } = options;
  const { config, warnings } = readConfig(settings);
  const logger = options.logger ?? createLogger(config.logLevel);
  for (const [name, meant] of misspeltSettings(settings)) logger.warn({ name, meant }, 'setting is unknown');
  for (const warning of warnings) logger.warn({ warning }, 'setting is unsafe');
  const application = await createApplication(
    { ...config, jwtSecrets: secretsOf(config), webClient: config.webClient && !server },
    { logger, hooks, ...(responder && { responder }), ...(server && { listener: server }) },
  );
  return {
    handler: application.handler,
    close: () => application.close(),
    async start() {
      if (!server) return urlOfServer(config.host, (await application.start()).port);
      await application.serve();
      return null;
    },
  };
}
