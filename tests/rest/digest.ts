import { createHash } from 'node:crypto';

/** What of a password the server gives to bcrypt, so that a test can make a hash as an older server would have. */
export function digestOf(password: string): string {
  return createHash('sha384').update(password).digest('base64');
}
