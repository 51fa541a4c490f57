import { type DestinationStream, type LevelWithSilent, pino } from 'pino';
import { stdoutOutput } from './logOutput';

export type Logger = pino.Logger;

const SECRETS = [
  'authorization',
  'Authorization',
  'cookie',
  'token',
  'refreshToken',
  'password',
  'currentPassword',
  'newPassword',
  'passwordHash',
  'jwtSecrets',
];
/** Deep enough for `req.headers.authorization`; each further level doubles the time of an entry. */
const DEPTHS = ['', '*.', '*.*.'];

/**
 * Creates a logger that writes each entry as a line of JSON, by default to stdout. Errors are passed as `err`. Properties with
 * the names of tokens, passwords and authorization headers are replaced by `[Redacted]`, at most two objects deep. Texts are not
 * searched. Logging to stdout never waits for its reader: what can't be written is dropped, and a later entry says how many lines.
 */
export function createLogger(level: LevelWithSilent, destination?: DestinationStream): Logger {
  const paths = DEPTHS.flatMap((depth) => SECRETS.map((name) => depth + name));
  const logger: Logger = pino(
    { level, redact: paths, timestamp: pino.stdTimeFunctions.isoTime },
    destination ?? stdoutOutput((lines) => logger.error({ lines }, 'log lines dropped')),
  );
  return logger;
}
