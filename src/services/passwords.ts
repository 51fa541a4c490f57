import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { getRounds } from 'bcryptjs';
import type { Piscina } from 'piscina';
import { ChatError } from '../domain/errors';
import { newPasswordField } from '../domain/fields';
import { canonicalPassword } from '../domain/text';
import type { RateLimiter, SharedCounter } from '../utils/rateLimiter';
import { threadProgram } from '../utils/threadProgram';
import type { PasswordTask } from './passwordThread';

/** Queue length from which further passwords are rejected. */
const MAX_QUEUED = 64;
const RETRY_MS = 5_000;

/** How long an idle thread beyond the first one is kept. */
const IDLE_MS = 60_000;

/** The passwords that attackers try first, in lower case. Loaded for the first one that is set: a start would take 7 MB more. */
let commonPasswords: ReadonlySet<string> | null = null;

/** A password to be set. Common passwords are rejected in any case. */
export const newPassword = newPasswordField((password) => {
  commonPasswords ??= loadCommonPasswords();
  return commonPasswords.has(password.toLowerCase());
});

function loadCommonPasswords(): ReadonlySet<string> {
  const { dictionary }: typeof import('@zxcvbn-ts/language-common') = require('@zxcvbn-ts/language-common');
  return new Set(dictionary['passwords-common']);
}

/** `outdated`: the password is correct, but its hash has a lower cost than new ones or comes from another form of the password. */
export type PasswordMatch = 'current' | 'outdated';

type PasswordPool = Piscina<PasswordTask, string | boolean>;

/** Hashes and compares passwords in threads, which are started on first use. */
export class Passwords {
  private pool: Promise<PasswordPool> | null = null;
  private isClosed = false;
  /** Stands in for the hash of an account that doesn't exist, so that the response takes as long as for a wrong password. */
  private readonly dummyHash: string;

  constructor(private readonly rounds: number) {
    const saltAndHash = '.'.repeat(53);
    this.dummyHash = `$2b$${String(rounds).padStart(2, '0')}$${saltAndHash}`;
  }

  /** Hashes the canonical form. Throws `UNAVAILABLE` if the queue is full. */
  async hash(password: string): Promise<string> {
    return String(await this.run({ digest: digestOf(canonicalPassword(password)), rounds: this.rounds }));
  }

  /**
   * Compares the canonical form of the password and then, for older hashes, the password as it was given. Null if it is wrong; without a
   * hash that takes the same time. Throws `UNAVAILABLE` if the queue is full.
   */
  async match(password: string, passwordHash: string | undefined): Promise<PasswordMatch | null> {
    const hash = passwordHash ?? this.dummyHash;
    const canonical = canonicalPassword(password);
    for (const form of new Set([canonical, password])) {
      const isMatch = await this.run({ digest: digestOf(form), hash });
      if (isMatch !== true || passwordHash === undefined) continue;
      return form === canonical && getRounds(hash) >= this.rounds ? 'current' : 'outdated';
    }
    return null;
  }

  /** Terminates the threads; passwords in the queue and in flight are rejected. */
  async close(): Promise<void> {
    this.isClosed = true;
    await (await this.pool)?.destroy();
  }

  private async run(task: PasswordTask): Promise<string | boolean> {
    this.pool ??= startPool();
    const pool = await this.pool;
    // A closed pool would start threads again.
    if (this.isClosed) throw new ChatError('UNAVAILABLE');
    if (pool.queueSize >= MAX_QUEUED) {
      const detail = 'Too many people are logging in at the moment. Try again shortly.';
      throw new ChatError('UNAVAILABLE', { detail, retryAfterMs: RETRY_MS });
    }
    return pool.run(task);
  }
}

async function startPool(): Promise<PasswordPool> {
  // The default export: the named ones are getters, which CommonJS interop may not copy.
  const {
    default: { Piscina },
  } = await import('piscina');
  const pool: PasswordPool = new Piscina({
    ...threadProgram(join(__dirname, 'passwordThread')),
    // A failed thread is replaced only up to the minimum; with none, the queue would wait forever.
    minThreads: 1,
    // One core stays with the event loop, however many people log in.
    maxThreads: Math.max(1, availableParallelism() - 1),
    idleTimeout: IDLE_MS,
    recordTiming: false,
  });
  // Without a listener, a failing idle thread would end the process. A failing task rejects by itself.
  pool.on('error', () => {});
  return pool;
}

/** bcrypt ignores everything after 72 bytes; a digest lets every byte of a longer password count. */
function digestOf(password: string): string {
  return createHash('sha384').update(password).digest('base64');
}

/**
 * Limits failed passwords per account across all addresses. Successful logins, existing logins and trusted addresses are
 * exempt, so an attacker cannot lock the owner out.
 */
export class PasswordGuesses {
  /** `counter` counts them on all nodes together. */
  constructor(
    private readonly failures: RateLimiter,
    private readonly counter?: SharedCounter,
  ) {}

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
    // Counted before comparing, so that concurrent guesses can't exceed the limit.
    let uncount: () => void;
    try {
      uncount = await this.failures.takeShared(key, this.counter);
    } catch (error) {
      if (await isTrusted()) return compare();
      throw error;
    }
    let isWrong = false;
    try {
      const match = await compare();
      isWrong = match === null;
      return match;
    } finally {
      if (!isWrong) uncount();
    }
  }
}
