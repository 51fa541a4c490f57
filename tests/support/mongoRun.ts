import { createConnection } from 'mongoose';
import type { MongoChoice, MongoProcess } from './mongoProcess';
import { chooseMongo, startMongo } from './mongoServers';
import { databasePrefix, publishMongo } from './testMongo';

/** The state that the teardown needs. */
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

/** Starts or finds the MongoDB of this run, and publishes its URL for `mongoUrlForTest`. `tearDownMongo` must follow. */
export async function provideMongo(): Promise<MongoChoice> {
  const choice = await chooseMongo();
  if (choice.kind === 'none') return choice;
  const server = await startMongo(choice);
  const url = choice.kind === 'url' ? choice.url : (server?.url ?? '');
  publishMongo(choice, url);
  globalThis.mongoOfTestRun = { server, url, external: choice.kind === 'url' };
  return choice;
}

/** Stops the MongoDB of this run, or removes the run's databases from one that was there before. */
export async function tearDownMongo(): Promise<void> {
  const kept = globalThis.mongoOfTestRun;
  if (kept?.external) await dropDatabases(kept.url).catch(reportLeftovers);
  await kept?.server?.stop();
}

/** Leftover databases don't change the result of the tests. */
function reportLeftovers(error: unknown): void {
  process.stderr.write(`\nThe databases ${databasePrefix()}* of this run could not be removed: ${error}\n`);
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
