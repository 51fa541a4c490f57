import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Debian's Chromium. The variant without windows starts and draws in two thirds of the time. */
const EXECUTABLES = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'];
/** Without a sandbox, as tests may run as root, and without requests to other servers than the page's. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Explains why there is no browser; null if there is one. */
export function missingBrowser(): string | null {
  if (findExecutable() !== undefined) return null;
  return `There is no ${EXECUTABLES.join(' or ')}. Install Debian's package "chromium-headless-shell".`;
}

/** Starts the browser. The caller closes it. */
export async function launchBrowser(): Promise<Browser> {
  return chromium.launch(launchOptions());
}

/** How Playwright starts the browser. Throws if there is none. */
export function launchOptions(): { executablePath: string; args: string[] } {
  const executablePath = findExecutable();
  if (executablePath === undefined) throw new Error(missingBrowser() ?? '');
  return { executablePath, args: ARGUMENTS };
}

function findExecutable(): string | undefined {
  return EXECUTABLES.find((path) => existsSync(path));
}
