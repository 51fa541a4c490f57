import { type DestinationStream, type LevelWithSilent, pino } from 'pino';

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
 * searched.
 */
export function createLogger(
  level: LevelWithSilent,
  destination: DestinationStream = pino.destination(1),
): Logger {
  const paths = DEPTHS.flatMap((depth) => SECRETS.map((name) => depth + name));
  return pino({ level, redact: paths, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}
