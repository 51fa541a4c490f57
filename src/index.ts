/**
 * The package's main: the chat server as a library. Importing it opens, listens and reads nothing.
 *
 * ```ts
 * const { config } = readConfig({ JWT_SECRET: secret, DATABASE_URL: 'sqlite://./chat.db' });
 * const application = await createApplication(config, { logger: pino(), responder });
 * const { port } = await application.start();
 * ```
 */
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
