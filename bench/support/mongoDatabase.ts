import { randomBytes } from 'node:crypto';
import type { DatabaseConfig } from '../../src/config/database';

/** The MongoDB of a run. */
export interface MongoUnderTest {
  url: string;
  /** What it is, such as `stand-in`. */
  kind: string;
}

/** The MongoDB that `npm run bench` provides; null without one. */
export function mongoUnderTest(): MongoUnderTest | null {
  const { TEST_MONGODB_URL: url, TEST_MONGODB_KIND: kind = 'url' } = process.env;
  return url ? { url, kind } : null;
}

/** A database of this MongoDB that does not exist yet. */
export function newDatabase({ url }: MongoUnderTest): DatabaseConfig & { kind: 'mongodb' } {
  const database = new URL(url);
  database.pathname += `_${randomBytes(4).toString('hex')}`;
  return { kind: 'mongodb', url: database.href };
}
