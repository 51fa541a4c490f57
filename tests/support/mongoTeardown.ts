import { createConnection } from 'mongoose';
import type { MongoProcess } from './mongoProcess';
import { databasePrefix } from './testMongo';

/** What the set-up leaves to the teardown. */
interface Kept {
  server: MongoProcess | null;
  url: string;
  /** True if the server outlives the run. */
  external: boolean;
}

declare global {
  /** Set-up and teardown are loaded apart from each other, but into one process. */
  var mongoOfTestRun: Kept | undefined;
}

export function keepForTeardown(kept: Kept): void {
  globalThis.mongoOfTestRun = kept;
}

/** Stops our server, or removes the run's databases from somebody else's. */
export async function tearDownMongo(): Promise<void> {
  const kept = globalThis.mongoOfTestRun;
  if (kept?.external) await dropDatabases(kept.url).catch(sayLeft);
  await kept?.server?.stop();
}

/** The tests have passed or failed already: that databases stay behind doesn't change it. */
function sayLeft(error: unknown): void {
  process.stderr.write(`\nThe databases ${databasePrefix()}* of this run are left behind: ${error}\n`);
}

async function dropDatabases(url: string): Promise<void> {
  const connection = await createConnection(url, { serverSelectionTimeoutMS: 2_500 }).asPromise();
  try {
    const client = connection.getClient();
    const { databases } = await client.db().admin().listDatabases({ nameOnly: true });
    const ours = databases.filter(({ name }) => name.startsWith(databasePrefix()));
    for (const { name } of ours) await client.db(name).dropDatabase();
  } finally {
    await connection.close();
  }
}
