import { createHash } from 'node:crypto';
import { compare, hash } from 'bcryptjs';

/** Stands in for the hash of an account that doesn't exist, so that finding out takes as long as a wrong password. */
const NOBODYS_PASSWORD = 'nobody has this password';

/** Hashes passwords and compares them. */
export class Passwords {
  private readonly nobodysHash: Promise<string>;

  constructor(private readonly rounds: number) {
    this.nobodysHash = this.hash(NOBODYS_PASSWORD);
  }

  hash(password: string): Promise<string> {
    return hash(digestOf(password), this.rounds);
  }

  /** Without a hash it takes the same time and answers false. */
  async matches(password: string, passwordHash: string | undefined): Promise<boolean> {
    const same = await compare(digestOf(password), passwordHash ?? (await this.nobodysHash));
    return same && passwordHash !== undefined;
  }
}

/** bcrypt reads 72 bytes at the most; a digest lets every byte of a longer password count. */
function digestOf(password: string): string {
  return createHash('sha384').update(password).digest('base64');
}
