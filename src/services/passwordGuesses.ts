import { createHash } from 'node:crypto';
import type { RateLimiter } from '../utils/rateLimiter';

/**
 * Limits the wrong passwords for one account, however many addresses they come from; right ones cost nothing. Whoever is
 * logged in stays so, and an address that the account trusts is limited as an address alone: a stranger's guesses
 * don't lock the owner out.
 */
export class PasswordGuesses {
  constructor(private readonly failures: RateLimiter) {}

  /**
   * Answers what `compare` answers. Throws `RATE_LIMITED` before it compares if there were too many wrong passwords for
   * `account`, unless `isTrusted` answers that this attempt is to pass all the same.
   */
  async check(
    account: string,
    compare: () => Promise<boolean>,
    isTrusted: () => Promise<boolean> = async () => false,
  ): Promise<boolean> {
    // Of a fixed length: anything can be sent as an email, and is remembered for a minute.
    const key = createHash('sha256').update(account).digest('base64');
    try {
      this.failures.take(key);
    } catch (error) {
      if (await isTrusted()) return compare();
      throw error;
    }
    // Paid in advance: of many guesses at once none goes uncounted.
    let isWrong = false;
    try {
      isWrong = !(await compare());
      return !isWrong;
    } finally {
      if (!isWrong) this.failures.giveBack(key);
    }
  }
}
