import type { Browser } from 'playwright-core';
import { launchBrowser, missingBrowser } from '../../scripts/screenshots/browser';
import { describeWith } from './describeWith';

/** A browser that all tests of a `describe` share. */
export interface SharedBrowser {
  readonly browser: Browser;
}

/**
 * `describe` for tests in a browser, which is started for them. Without a browser they are skipped with a message; with `CI=true`
 * that is a failure.
 */
export function describeInBrowser(name: string, tests: (shared: SharedBrowser) => void): void {
  describeWith(missingBrowser(), name, () => tests(startedBrowser()));
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
