import { urlOfServer } from '../config/network';
import { loadEnvironment, readConfig, readDatabaseConfig } from '../config/readConfig';
import { openFailure, openStore } from '../stores/open';
import { AdminError } from './command';

const TIMEOUT_MS = 4_000;

/** Migrates the database to the newest schema without serving. The server does the same when it starts. */
export async function migrate(): Promise<string> {
  const database = readDatabaseConfig(loadEnvironment());
  const store = await openStore(database).catch((error: unknown) => {
    const reason = openFailure(error, database);
    throw reason === null ? error : new AdminError(reason);
  });
  await store.close();
  return 'The database has the newest schema.';
}

/** Checks that the configured server is ready, such as for a container. */
export async function checkHealth(): Promise<string> {
  const { host, port } = readConfig(loadEnvironment()).config;
  const url = `${urlOfServer(host, port)}/readyz`;
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) }).catch((error: unknown) => {
    throw new AdminError(
      `The server does not respond at ${url}: ${error instanceof Error && error.cause ? error.cause : error}`,
    );
  });
  if (response.status === 200) return 'The server is ready.';
  throw new AdminError(
    `${url} returned ${response.status}: the server is stopping, or its database is unavailable.`,
  );
}
