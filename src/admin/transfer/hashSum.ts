import { createHash } from 'node:crypto';

const MODULUS = 1n << 256n;

/** The sum of the SHA-256 of many texts: it tells whether two sets are the same, in whatever order they come. */
export class HashSum {
  private sum = 0n;

  add(text: string): void {
    const hash = createHash('sha256').update(text).digest('hex');
    this.sum = (this.sum + BigInt(`0x${hash}`)) % MODULUS;
  }

  /** In 64 hexadecimal digits. */
  toString(): string {
    return this.sum.toString(16).padStart(64, '0');
  }
}
