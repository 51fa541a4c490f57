import type { Browser } from 'playwright-core';
import { missingBrowser } from '../../scripts/screenshots/browser';
import { describeWith } from './describeWith';
import { browserOfWorker } from './workerBrowser';

/** A browser that all tests of a `describe` share. */
export interface SharedBrowser {
  readonly browser: Browser;
}

/**
 * `describe` for tests in a browser, which is started for the first of them. Without a browser they are skipped with a message; with `CI=true`
 * that is a failure.
 */
export function describeInBrowser(name: string, tests: (shared: SharedBrowser) => void): void {
  describeWith(missingBrowser(), name, () => tests(startedBrowser()));
}

function startedBrowser(): SharedBrowser {
  let started: Browser | undefined;
  beforeAll(async () => {
    started = await browserOfWorker();
  }, 60_000);
  afterAll(async () => {
    await Promise.all(started?.contexts().map((context) => context.close()) ?? []);
  });
  return {
    get browser() {
      if (!started)
        throw new Error('The browser is started before the first test, not while tests are described.');
      return started;
    },
  };
}
