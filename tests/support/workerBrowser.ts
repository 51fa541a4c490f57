import type { Browser } from 'playwright-core';

let launched: Promise<Browser> | undefined;
/** End the browser with this process. */
const exitListeners = new Set<unknown>();

/** The browser of all test files of this worker, which is started for the first one. To start it takes as long as a short test. */
export async function browserOfWorker(): Promise<Browser> {
  const open = await launched?.catch(() => null);
  if (open?.isConnected()) return open;
  launched = launch();
  return launched;
}

async function launch(): Promise<Browser> {
  const others = new Set<unknown>(process.rawListeners('exit'));
  const browser = await loadLauncher().launchBrowser();
  for (const listener of process.rawListeners('exit')) if (!others.has(listener)) exitListeners.add(listener);
  return browser;
}

/** Loads Playwright only if a test needs it. */
function loadLauncher(): typeof import('../../scripts/screenshots/browser') {
  return require('../../scripts/screenshots/browser');
}

/** True for a listener of `process` that the browser needs after the test file, too. */
export function isOfBrowser(listener: unknown): boolean {
  return exitListeners.has(listener);
}

/** Without workers, tests run in the process that outlives them: it closes the browser by this. */
export async function closeBrowserOfWorker(): Promise<void> {
  const browser = await launched?.catch(() => null);
  launched = undefined;
  await browser?.close();
}
