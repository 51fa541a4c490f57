import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Debian's Chromium: without windows, which starts and draws in two thirds of the time, or with them. */
const EXECUTABLES = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'];
const executablePath = EXECUTABLES.find((path) => existsSync(path));
/** It runs without a sandbox (tests may run as root) and calls nobody but the tests' own servers. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A browser that all tests of a `describe` share. */
export interface SharedBrowser {
  readonly browser: Browser;
}

/**
 * `describe` for tests in a browser, which is started for them. Where there is none they are skipped, and the run says so; with
 * `CI=true` that is a failure.
 */
export function describeInBrowser(name: string, tests: (shared: SharedBrowser) => void): void {
  if (executablePath) describe(name, () => tests(startedBrowser()));
  else if (process.env.CI === 'true') describe(name, () => void test('has a browser', failForWant));
  else skipAloud(name, () => tests(startedBrowser()));
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

const MISSING = `There is no ${EXECUTABLES.join(' or ')}: install Debian's package "chromium-headless-shell".`;

function failForWant(): void {
  throw new Error(MISSING);
}

function skipAloud(name: string, tests: () => void): void {
  process.stderr.write(`\n${MISSING} Tests in a browser are SKIPPED: ${name}\n`);
  describe.skip(name, tests);
}

/** Starts the browser. Whoever starts it closes it. */
export function launchBrowser(): Promise<Browser> {
  if (!executablePath) throw new Error(MISSING);
  return chromium.launch({ executablePath, args: ARGUMENTS });
}
