/** The thread of the SQLite store. It owns the connection, so that waiting for the disk never blocks the event loop. */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { type SchemaChange, UnusableDatabase } from '../databaseHealth';
import {
  type Answers,
  createOperations,
  isRead,
  type Job,
  type OpenOperations,
  type Outcome,
  runBatch,
  toAnswers,
} from './batch';
import { Purge } from './deletions';
import { openConnection, openInPlace, type SqliteDatabase, type SqlValue, setBusyTimeout } from './driver';
import { FileWatch, fileIdentity, requireSameFile } from './fileWatch';
import { migrate } from './migrations';
import { type Operation, toJobError } from './protocol';

/** What the thread sends: the answers to jobs, or what happens to the database. */
export type ThreadMessage = Answers | DatabaseEvent;
/** A change of the database file or of its schema, or that another program has written to it. */
type DatabaseEvent = FileChange | SchemaChange | 'foreign write';

export interface FileChange {
  /** Device and inode of the file that was opened. */
  identity: string | null;
  /** What has happened to the file and what to do; null while it is in place. */
  problem: string | null;
}

const path: string = workerData.path;
/** The file that an earlier thread of this process had open. No other one is opened in its place. */
const identity: string | null = workerData.identity;
/** How long after a failure the purge goes on, in milliseconds, such as when another process has the write lock. */
const PURGE_RETRY_MS = 1_000;
/** The operations after which there are rows to purge. */
const DELETIONS: readonly Operation[] = ['deleteSession', 'deleteUser'];

let connection: Connection | null = null;

/** A batch of jobs, or the request to end after everything that came before. */
type Request = readonly Job[] | 'close';

interface Connection {
  database: SqliteDatabase;
  open: OpenOperations;
  busyTimeout: 'normal' | 'short';
  purge: Purge;
  files: FileWatch;
}

type Report = (event: DatabaseEvent) => void;

function connect(report: Report): Connection {
  if (identity !== null) requireSameFile(path, identity);
  const database = openInPlace(path, () => openMigrated(report));
  const opened = fileIdentity(path);
  const files = new FileWatch(
    path,
    () => dataVersion(database),
    (problem) => report({ identity: opened, problem }),
    () => report('foreign write'),
  );
  report({ identity: opened, problem: null });
  return {
    database,
    open: createOperations(database),
    busyTimeout: 'normal',
    purge: new Purge(database),
    files,
  };
}

/** A number that changes with each commit of another connection; null if it can't be read. */
function dataVersion(database: SqliteDatabase): SqlValue {
  try {
    return database.prepare('PRAGMA data_version').get()?.data_version ?? null;
  } catch {
    return null;
  }
}

/** A report leaves the thread at once, although the thread then does nothing else until the schema is changed. */
function openMigrated(report: Report): SqliteDatabase {
  const database = openConnection(path);
  try {
    migrate(database, path, report);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function run(jobs: readonly Job[], report: Report): Outcome[] {
  if (jobs.length === 0) return [];
  try {
    connection ??= connect(report);
    if (connection.files.problem !== null) throw new UnusableDatabase(connection.files.problem);
  } catch (error) {
    return jobs.map(() => ({ ok: false, error: toJobError(error) }));
  }
  const outcomes = runBatch(connection.database, connection.open, jobs);
  adjustBusyTimeout(connection, jobs, outcomes);
  return outcomes;
}

/** Shortens the busy timeout after one has expired, and restores it after a successful write. */
function adjustBusyTimeout(current: Connection, jobs: readonly Job[], outcomes: readonly Outcome[]): void {
  const hasExpired = outcomes.some((outcome) => !outcome.ok && outcome.error.code === 'UNAVAILABLE');
  const timeout = hasExpired ? 'short' : 'normal';
  if (timeout === current.busyTimeout || jobs.every(isRead)) return;
  setBusyTimeout(current.database, timeout);
  current.busyTimeout = timeout;
}

/**
 * After a failed write or sync it is unknown what the connection believes to be on disk, so the next batch gets a new connection, in
 * a new thread: where SQLite comes from a package, only the end of a thread is certain to close its files.
 */
function isConnectionSuspect(outcome: Outcome): boolean {
  return !outcome.ok && outcome.error.isConnectionSuspect;
}

/** Requests that have arrived meanwhile: they share the commit. */
function* arrivedRequests(port: MessagePort): Generator<Request> {
  for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) yield next.message;
}

function serve(port: MessagePort): void {
  let nextPortion: NodeJS.Timeout | null = null;
  const end = () => {
    if (nextPortion) clearTimeout(nextPortion);
    connection?.files.stop();
    connection?.database.close();
    port.close();
  };
  const purge = () => {
    nextPortion = null;
    if (connection && connection.files.problem !== null) return schedulePurge(PURGE_RETRY_MS);
    try {
      const wait = connection?.purge.runPortion(connection.busyTimeout) ?? null;
      if (wait !== null) schedulePurge(wait);
    } catch (error) {
      if (toJobError(error).isConnectionSuspect) end();
      else schedulePurge(PURGE_RETRY_MS);
    }
  };
  const schedulePurge = (delay: number) => {
    nextPortion ??= setTimeout(purge, delay);
  };
  port.on('message', (first: Request) => {
    const requests = [first, ...arrivedRequests(port)];
    const isFirst = connection === null;
    const jobs = requests.flatMap((request) => (request === 'close' ? [] : request));
    const outcomes = run(jobs, (message) => port.postMessage(message));
    if (outcomes.length > 0) port.postMessage(toAnswers(outcomes));
    if (requests.includes('close') || outcomes.some(isConnectionSuspect)) return end();
    // A crash may have left rows.
    if (isFirst || jobs.some(([operation]) => DELETIONS.includes(operation))) schedulePurge(0);
  });
}

if (parentPort) serve(parentPort);
