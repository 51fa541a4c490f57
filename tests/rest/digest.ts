import { createHash } from 'node:crypto';

/** The digest that the server passes to bcrypt, so that a test can create a hash as an older server would. */
export function digestOf(password: string): string {
  return createHash('sha384').update(password).digest('base64');
}
