/** The health check of a container: exits with 0 if the configured server is ready, otherwise with 1 and the reason. */

import { urlOfServer } from '../config/network';
import { ConfigError, loadEnvironment, readConfig } from '../config/readConfig';

const TIMEOUT_MS = 4_000;

async function main(): Promise<void> {
  const problem = await findProblem();
  if (problem === null) return;
  process.stderr.write(`${problem}\n`);
  process.exitCode = 1;
}

async function findProblem(): Promise<string | null> {
  try {
    const { host, port } = readConfig(loadEnvironment()).config;
    const url = `${urlOfServer(host, port)}/readyz`;
    const { status } = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return status === 200
      ? null
      : `${url} returned ${status}: the server is stopping, or its database is unavailable.`;
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    return `The server does not respond: ${error instanceof Error && error.cause ? error.cause : error}`;
  }
}

void main();
