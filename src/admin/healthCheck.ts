/** For a container's health check: ends with 0 if the server of this configuration can serve, otherwise with 1 and the reason. */

import { urlOfServer } from '../config/network';
import { ConfigError, loadEnvironment, readConfig } from '../config/readConfig';

const PATIENCE_MS = 4_000;

async function main(): Promise<void> {
  const problem = await problemOfServer();
  if (problem === null) return;
  process.stderr.write(`${problem}\n`);
  process.exitCode = 1;
}

async function problemOfServer(): Promise<string | null> {
  try {
    const { host, port } = readConfig(loadEnvironment()).config;
    const url = `${urlOfServer(host, port)}/readyz`;
    const { status } = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
    return status === 200
      ? null
      : `${url} answers ${status}: the server is stopping, or its database is away.`;
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    return `The server does not answer: ${error instanceof Error && error.cause ? error.cause : error}`;
  }
}

void main();
