import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Debian's Chromium. */
const EXECUTABLE = '/usr/bin/chromium';
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

const hasBrowser = existsSync(EXECUTABLE);

/**
 * `describe` for tests in a browser. Where there is none they are skipped, and the run says so; with `CI=true` that is a
 * failure.
 */
export function describeInBrowser(name: string, tests: () => void): void {
  if (hasBrowser) describe(name, tests);
  else if (process.env.CI === 'true') describe(name, () => void test('has a browser', failForWant));
  else skipAloud(name, tests);
}

const MISSING = `There is no ${EXECUTABLE}: install Debian's package "chromium".`;

function failForWant(): void {
  throw new Error(MISSING);
}

function skipAloud(name: string, tests: () => void): void {
  process.stderr.write(`\n${MISSING} Tests in a browser are SKIPPED: ${name}\n`);
  describe.skip(name, tests);
}

/** Starts the browser. Whoever starts it closes it. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: EXECUTABLE, args: ARGUMENTS });
}
