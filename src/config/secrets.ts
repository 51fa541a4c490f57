import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSystemError } from '../utils/systemError';
import { ConfigError } from './environment';

const MIN_BYTES = 32;
const PLACEHOLDER =
  /^<.*>$|(^|[-_. ])(your|example|placeholder|change[-_ ]?(me|it|this)|replace[-_ ]?(me|it|this)|jwt[-_ ]?secret)([-_. ]|$)/i;

/** Names every secret that is easy to guess, without showing it. */
export function secretProblems(secrets: readonly string[]): string[] {
  return secrets.flatMap((secret, index) => {
    const name = secrets.length === 1 ? 'JWT_SECRET' : `JWT_SECRET number ${index + 1} of ${secrets.length}`;
    if (PLACEHOLDER.test(secret)) {
      return [`${name} is a placeholder; replace it with at least ${MIN_BYTES} random bytes.`];
    }
    const bytes = Buffer.byteLength(secret);
    if (bytes >= MIN_BYTES) return [];
    return [`${name} has ${bytes} bytes; it must have at least ${MIN_BYTES} random bytes.`];
  });
}

const DEVELOPMENT_BYTES = 48;
const COMPLETE = /^[A-Za-z0-9_-]{64}$/;
/** How long to wait for another process that is writing the file. */
const WRITE_TIMEOUT_MS = 1000;
const RETRY_MS = 5;

/**
 * Returns the signing secret stored in `<directory>/jwt-secret`, and creates it the first time: for machines on which
 * `JWT_SECRET` is not set, never for production. Processes that start concurrently get the same secret. Throws if the file is
 * incomplete: replacing the secret would silently end every login.
 */
export function loadOrCreateSecret(directory: string): string {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, 'jwt-secret');
  const secret = randomBytes(DEVELOPMENT_BYTES).toString('base64url');
  try {
    writeFileSync(file, secret, { flag: 'wx', mode: 0o600 });
    return secret;
  } catch (error) {
    if (!isSystemError(error, 'EEXIST')) throw error;
  }
  return readWhenComplete(file);
}

function readWhenComplete(file: string): string {
  const deadline = performance.now() + WRITE_TIMEOUT_MS;
  for (;;) {
    const secret = readFileSync(file, 'utf8').trim();
    if (COMPLETE.test(secret)) return secret;
    if (performance.now() >= deadline) {
      throw new Error(
        `${file} contains no complete secret. Delete the file, so that the next start creates a new secret, or set JWT_SECRET.`,
      );
    }
    pause();
  }
}

/** Blocks the thread: the process does nothing else yet. */
function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
}

/** Where the secret of a server without `JWT_SECRET` is stored, outside production. */
const SECRET_DIRECTORY = 'data';

/** Returns the secrets of a configuration, or the stored one if it has none. Throws a `ConfigError` if none can be stored. */
export function secretsOf({ jwtSecrets }: { readonly jwtSecrets: readonly string[] }): readonly string[] {
  if (jwtSecrets.length > 0) return jwtSecrets;
  try {
    return [loadOrCreateSecret(SECRET_DIRECTORY)];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError([
      `JWT_SECRET is not set, and no secret can be stored in ${SECRET_DIRECTORY}/: ${reason}`,
    ]);
  }
}
