import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSystemError } from '../utils/systemError';

const BYTES = 48;
const COMPLETE = /^[A-Za-z0-9_-]{64}$/;
/** How long another process that is writing the file gets to finish, in milliseconds. */
const PATIENCE_MS = 1000;
const PAUSE_MS = 5;

/**
 * Returns the signing secret kept in `<directory>/jwt-secret`, and makes one the first time: for machines on which nobody
 * has set one, never for production. Processes that start at once get the same. Throws if the file holds anything but a
 * whole secret: replacing it would silently end every login.
 */
export function loadOrCreateSecret(directory: string): string {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, 'jwt-secret');
  const secret = randomBytes(BYTES).toString('base64url');
  try {
    writeFileSync(file, secret, { flag: 'wx', mode: 0o600 });
    return secret;
  } catch (error) {
    if (!isSystemError(error, 'EEXIST')) throw error;
  }
  return readWhenComplete(file);
}

function readWhenComplete(file: string): string {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const secret = readFileSync(file, 'utf8').trim();
    if (COMPLETE.test(secret)) return secret;
    if (Date.now() >= deadline) {
      throw new Error(
        `${file} holds no whole secret. Delete it, and the next start makes a new one; or set JWT_SECRET.`,
      );
    }
    pause();
  }
}

/** Blocks, as this runs before anything else does. */
function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
}
