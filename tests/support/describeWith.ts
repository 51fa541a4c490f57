/**
 * `describe` for tests that need something that this machine may not have. `missing` explains what to install; null if it is there.
 * Without it the tests are skipped with a message; with `CI=true` that is a failure.
 */
export function describeWith(missing: string | null, name: string, tests: () => void): void {
  if (missing === null) {
    describe(name, tests);
  } else if (process.env.CI === 'true') {
    test(`${name}: can run`, () => {
      throw new Error(missing);
    });
  } else {
    describeSkipped(missing, name, tests);
  }
}

/** Skips tests, and prints which and why. */
export function describeSkipped(reason: string, name: string, tests: () => void): void {
  process.stderr.write(`\nSKIPPED: ${name}. ${reason}\n`);
  describe.skip(name, tests);
}
