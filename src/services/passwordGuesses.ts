import { createHash } from 'node:crypto';
import type { RateLimiter } from '../utils/rateLimiter';

/**
 * Limits failed passwords per account across all addresses. Successful logins, existing logins and trusted addresses are
 * exempt, so an attacker cannot lock the owner out.
 */
export class PasswordGuesses {
  constructor(private readonly failures: RateLimiter) {}

  /**
   * Returns the result of `compare`, which is null for a wrong password. Throws `RATE_LIMITED` without comparing if there were too
   * many wrong passwords for `account`, unless `isTrusted` resolves to true.
   */
  async check<T>(
    account: string,
    compare: () => Promise<T | null>,
    isTrusted: () => Promise<boolean> = async () => false,
  ): Promise<T | null> {
    // A key of fixed length, because the email or username of a login can be any text.
    const key = createHash('sha256').update(account).digest('base64');
    try {
      this.failures.take(key);
    } catch (error) {
      if (await isTrusted()) return compare();
      throw error;
    }
    // Counted before comparing, so that concurrent guesses can't exceed the limit.
    let isWrong = false;
    try {
      const match = await compare();
      isWrong = match === null;
      return match;
    } finally {
      if (!isWrong) this.failures.giveBack(key);
    }
  }
}
