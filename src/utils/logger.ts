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
/** As deep as `req.headers.authorization`, and no deeper: each further level doubles the time that an entry takes. */
const DEPTHS = ['', '*.', '*.*.'];

/**
 * Makes a logger that writes a line of JSON for each entry, to stdout unless told otherwise. Give it an error as `err`.
 * Tokens, passwords and authorization headers come out as `[Redacted]` where they are values of their own, at most two
 * objects deep: it doesn't look into texts.
 */
export function createLogger(
  level: LevelWithSilent,
  destination: DestinationStream = pino.destination(1),
): Logger {
  const paths = DEPTHS.flatMap((depth) => SECRETS.map((name) => depth + name));
  return pino({ level, redact: paths, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}
