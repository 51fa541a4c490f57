/** The thread of the SQLite store: it owns the connection, so that waiting for the disk never holds up the event loop. */
import { parentPort, workerData } from 'node:worker_threads';
import { type Job, type Outcome, runBatch } from './batch';
import { openConnection } from './connection';
import type { SqliteDatabase } from './driver';
import { toJobError } from './jobError';
import { migrate } from './migrations';
import { type SyncStore, syncStoreOf } from './syncStore';

const path: string = workerData.path;
let connection: { database: SqliteDatabase; store: SyncStore } | null = null;

function connect(): { database: SqliteDatabase; store: SyncStore } {
  const database = openConnection(path);
  migrate(database);
  return { database, store: syncStoreOf(database) };
}

function disconnect(): void {
  connection?.database.close();
  connection = null;
}

function answer(jobs: readonly Job[]): Outcome[] {
  try {
    connection ??= connect();
  } catch (error) {
    return jobs.map(() => ({ ok: false, error: toJobError(error) }));
  }
  const outcomes = runBatch(connection.database, connection.store, jobs);
  // After a failed write or sync it is unknown what the connection believes to be on disk: the next batch opens a new one.
  if (outcomes.some((outcome) => !outcome.ok && outcome.error.code === 'UNAVAILABLE')) disconnect();
  return outcomes;
}

parentPort?.on('message', (jobs: readonly Job[] | 'close') => {
  if (jobs !== 'close') return parentPort?.postMessage(answer(jobs));
  disconnect();
  parentPort?.close();
});
