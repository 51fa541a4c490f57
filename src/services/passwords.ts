import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { dictionary } from '@zxcvbn-ts/language-common';
import { getRounds } from 'bcryptjs';
import { ChatError } from '../domain/errors';
import { newPasswordField } from '../domain/fields';
import { ThreadPool } from '../utils/threadPool';
import { threadProgram } from '../utils/threadProgram';
import type { PasswordTask } from './passwordThread';

/** Passwords that may wait for a thread; whoever comes later is told to come back instead. */
const MAX_WAITING = 64;
const RETRY_MS = 5_000;

/** The 49,000 passwords that attackers try first, in lower case. */
const commonPasswords: ReadonlySet<string> = new Set(dictionary['passwords-common']);

/** A password to be set. Common passwords are rejected in any case. */
export const newPassword = newPasswordField((password) => commonPasswords.has(password.toLowerCase()));

/** Hashes passwords and compares them, off the event loop. */
export class Passwords {
  // One core stays with the event loop, however many people log in.
  private readonly threads = new ThreadPool(
    threadProgram(join(__dirname, 'passwordThread')),
    Math.max(1, availableParallelism() - 1),
  );
  /** Stands in for the hash of an account that doesn't exist, so that finding out takes as long as a wrong password. */
  private readonly nobodysHash: string;

  constructor(private readonly rounds: number) {
    const saltAndHash = '.'.repeat(53);
    this.nobodysHash = `$2b$${String(rounds).padStart(2, '0')}$${saltAndHash}`;
  }

  /** Throws `UNAVAILABLE` if too many wait already. */
  async hash(password: string): Promise<string> {
    return String(await this.run({ digest: digestOf(password), rounds: this.rounds }));
  }

  /** Without a hash it takes the same time and answers false. Throws `UNAVAILABLE` if too many wait already. */
  async matches(password: string, passwordHash: string | undefined): Promise<boolean> {
    const hash = passwordHash ?? this.nobodysHash;
    const same = await this.run({ digest: digestOf(password), hash });
    return same === true && passwordHash !== undefined;
  }

  /** True if the hash was made at a lower cost than hashes are made at now. */
  isCheaper(passwordHash: string): boolean {
    return getRounds(passwordHash) < this.rounds;
  }

  async close(): Promise<void> {
    await this.threads.close();
  }

  private async run(task: PasswordTask): Promise<unknown> {
    if (this.threads.queueLength >= MAX_WAITING) {
      const detail = 'Too many people are logging in at the moment. Try again shortly.';
      throw new ChatError('UNAVAILABLE', { detail, retryAfterMs: RETRY_MS });
    }
    return this.threads.run(task);
  }
}

/** bcrypt reads 72 bytes at the most; a digest lets every byte of a longer password count. */
function digestOf(password: string): string {
  return createHash('sha384').update(password).digest('base64');
}
