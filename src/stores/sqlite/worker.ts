/** The thread of the SQLite store: it owns the connection, so that waiting for the disk never holds up the event loop. */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { isRead, type Job, type Outcome, runBatch } from './batch';
import { openConnection, setPatience } from './connection';
import type { SqliteDatabase } from './driver';
import { toJobError } from './jobError';
import { migrate } from './migrations';
import { openInPlace } from './openInPlace';
import { type OpenStore, syncStoreOf } from './syncStore';

const path: string = workerData.path;
let connection: Connection | null = null;

/** Jobs to run, or to end after all that came before. */
type Order = readonly Job[] | 'close';

interface Connection {
  database: SqliteDatabase;
  store: OpenStore;
  /** True once it has waited for another process's lock in vain. */
  isImpatient: boolean;
}

function connect(): Connection {
  const database = openInPlace(path, openMigrated);
  return { database, store: syncStoreOf(database), isImpatient: false };
}

function openMigrated(): SqliteDatabase {
  const database = openConnection(path);
  try {
    migrate(database, path);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function answer(jobs: readonly Job[]): Outcome[] {
  if (jobs.length === 0) return [];
  try {
    connection ??= connect();
  } catch (error) {
    return jobs.map(() => ({ ok: false, error: toJobError(error) }));
  }
  const outcomes = runBatch(connection.database, connection.store, jobs);
  adjustPatience(connection, jobs, outcomes);
  return outcomes;
}

function adjustPatience(current: Connection, jobs: readonly Job[], outcomes: readonly Outcome[]): void {
  const wasInVain = outcomes.some((outcome) => !outcome.ok && outcome.error.code === 'UNAVAILABLE');
  if (wasInVain === current.isImpatient || jobs.every(isRead)) return;
  setPatience(current.database, wasInVain);
  current.isImpatient = wasInVain;
}

/**
 * After a failed write or sync it is unknown what the connection believes to be on disk, so the next batch gets a new one. It
 * gets a new thread too: where SQLite comes from a package, only the end of a thread lets go of its files for certain.
 */
function isConnectionSuspect(outcome: Outcome): boolean {
  return !outcome.ok && outcome.error.isConnectionSuspect;
}

/** What has arrived meanwhile: it shares the commit. */
function* arrived(port: MessagePort): Generator<Order> {
  for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) yield next.message;
}

function serve(port: MessagePort): void {
  const end = () => {
    connection?.database.close();
    port.close();
  };
  port.on('message', (first: Order) => {
    const orders = [first, ...arrived(port)];
    const outcomes = answer(orders.flatMap((order) => (order === 'close' ? [] : order)));
    if (outcomes.length > 0) port.postMessage(outcomes);
    if (orders.includes('close') || outcomes.some(isConnectionSuspect)) end();
  });
}

if (parentPort) serve(parentPort);
