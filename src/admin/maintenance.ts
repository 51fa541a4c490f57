import { databasePlace } from '../config/database';
import { urlOfServer } from '../config/network';
import { loadEnvironment, readConfig, readDatabaseConfig } from '../config/readConfig';
import type { SchemaChange } from '../stores/databaseHealth';
import { openFailure, openStore } from '../stores/open';
import { AdminError, type Report } from './command';

const TIMEOUT_MS = 4_000;

/** Migrates the database to the newest schema without serving. The server does the same when it starts. */
export async function migrate(report: Report): Promise<string> {
  const database = readDatabaseConfig(loadEnvironment());
  const onSchemaChange = (change: SchemaChange) =>
    report(describeSchemaChange(change, databasePlace(database)));
  const store = await openStore(database, { onSchemaChange }).catch((error: unknown) => {
    const reason = openFailure(error, database);
    throw reason === null ? error : new AdminError(reason);
  });
  await store.close();
  return 'The database has the newest schema.';
}

/** What is about to be applied to the database `name`, or what was applied and how long it took. */
export function describeSchemaChange({ from, to, steps, milliseconds }: SchemaChange, name: string): string {
  if (milliseconds === null)
    return `Migrating ${name} from schema ${from} to ${to}; a large database takes a while`;
  return [`Applied in ${(milliseconds / 1000).toFixed(1)} s:`, ...steps].join('\n  ');
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
