import type { Parameters } from 'fast-check';

/** Time to find the smallest case that fails, in milliseconds; a run that passes is far from it. */
const LIMIT_MS = 60_000;
/** How long a test with such a property may take: long enough to tell the seed of a failure. */
export const PROPERTY_TIMEOUT_MS = LIMIT_MS + 20_000;

/** How often a property is tried, from `FAST_CHECK_SEED` where that is set: a failure prints the seed to set. */
export function parameters<T>(numRuns: number): Parameters<T> {
  const seed = process.env.FAST_CHECK_SEED;
  return { numRuns, interruptAfterTimeLimit: LIMIT_MS, ...(seed && { seed: Number(seed) }) };
}
