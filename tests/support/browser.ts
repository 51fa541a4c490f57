import type { Browser } from 'playwright-core';
import { launchBrowser, missingBrowser } from '../../scripts/screenshots/browser';

/** A browser that all tests of a `describe` share. */
export interface SharedBrowser {
  readonly browser: Browser;
}

/**
 * `describe` for tests in a browser, which is started for them. Without a browser they are skipped with a message; with `CI=true`
 * that is a failure.
 */
export function describeInBrowser(name: string, tests: (shared: SharedBrowser) => void): void {
  const missing = missingBrowser();
  if (missing === null) {
    describe(name, () => tests(startedBrowser()));
  } else if (process.env.CI === 'true') {
    test(`${name}: has a browser`, () => {
      throw new Error(missing);
    });
  } else {
    process.stderr.write(`\n${missing} Tests in a browser are SKIPPED: ${name}\n`);
    describe.skip(name, () => tests(startedBrowser()));
  }
}

function startedBrowser(): SharedBrowser {
  let started: Browser | undefined;
  beforeAll(async () => {
    started = await launchBrowser();
  }, 60_000);
  afterAll(() => started?.close());
  return {
    get browser() {
      if (!started)
        throw new Error('The browser is started before the first test, not while tests are described.');
      return started;
    },
  };
}
