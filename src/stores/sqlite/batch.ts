import { OPERATIONS } from '../chatStore';
import { createDraftOperations } from './drafts';
import { rollBack, type SqliteDatabase } from './driver';
import { createLoginOperations, createLoginTable } from './logins';
import { createMessageOperations } from './messages';
import {
  type Arguments,
  type JobError,
  type Operation,
  type Results,
  type SyncOperations,
  toJobError,
} from './protocol';
import { createSessionOperations } from './sessions';
import { SessionWriteCache } from './sessionWriteCache';
import { createUserOperations } from './users';

/** A call of an operation, as it travels to the thread. */
export type Job<K extends Operation = Operation> = readonly [operation: K, args: Arguments[K]];

/** The result or error of a job. */
export type Outcome = { ok: true; value: Results[Operation] } | { ok: false; error: JobError };

/** The outcomes of jobs as they travel back: their results, and the few errors apart. An object for each would take longer to copy. */
export interface Answers {
  /** In the order of the jobs; null for one that failed. */
  results: readonly (Results[Operation] | null)[];
  errors: readonly (readonly [index: number, error: JobError])[];
}

export function toAnswers(outcomes: readonly Outcome[]): Answers {
  return {
    results: outcomes.map((outcome) => (outcome.ok ? outcome.value : null)),
    errors: outcomes.flatMap((outcome, index) => (outcome.ok ? [] : [[index, outcome.error] as const])),
  };
}

/** A job has failed in an unexpected way, so that its transaction must be rolled back. */
class JobFailed extends Error {}

/**
 * Runs jobs that arrived together: first all writes in one transaction, so that they share one wait for the disk, then the reads.
 * Results are durable when it returns. It never throws. A job that fails affects only itself; a commit that fails affects every
 * job that writes.
 */
export function runBatch(database: SqliteDatabase, open: OpenOperations, jobs: readonly Job[]): Outcome[] {
  const writes = jobs.filter((job) => !isRead(job));
  const written = runWrites(database, open, writes).values();
  return jobs.map((job) => (isRead(job) ? runRead(open, job) : next(written)));
}

export function isRead([operation]: Job): boolean {
  return OPERATIONS[operation] === 'read';
}

function runWrites(database: SqliteDatabase, open: OpenOperations, jobs: readonly Job[]): Outcome[] {
  if (jobs.length === 0) return [];
  try {
    return inTransaction(database, open, () => jobs.map((job) => runWrite(open, job)));
  } catch (error) {
    const isOneOfMany = error instanceof JobFailed && jobs.length > 1;
    if (isOneOfMany) return jobs.flatMap((job) => runWrites(database, open, [job]));
    const cause = error instanceof JobFailed ? error.cause : error;
    return jobs.map(() => ({ ok: false, error: toJobError(cause) }));
  }
}

function inTransaction<T>(database: SqliteDatabase, { sessionCache }: OpenOperations, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    sessionCache.begin();
    const result = work();
    sessionCache.flush();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    sessionCache.clear();
    rollBack(database);
    throw error;
  }
}

function runWrite(open: OpenOperations, job: Job): Outcome {
  try {
    if (OPERATIONS[job[0]] !== 'append') open.sessionCache.flushAndClear();
    return { ok: true, value: run(open, job) };
  } catch (error) {
    const jobError = toJobError(error);
    if (jobError.isExpected) return { ok: false, error: jobError };
    throw new JobFailed('rolled back', { cause: error });
  }
}

function runRead(open: OpenOperations, job: Job): Outcome {
  try {
    return { ok: true, value: run(open, job) };
  } catch (error) {
    return { ok: false, error: toJobError(error) };
  }
}

function run<K extends Operation>({ operations }: OpenOperations, [operation, args]: Job<K>): Results[K] {
  return operations[operation](...args);
}

function next(outcomes: Iterator<Outcome>): Outcome {
  const { value, done } = outcomes.next();
  if (done) throw new Error('a job that writes has no outcome');
  return value;
}

/** The operations on an open database, and the changes to sessions that appends have made in memory only. */
export interface OpenOperations {
  operations: SyncOperations;
  sessionCache: SessionWriteCache;
}

/** Prepares the statements of all operations. */
export function createOperations(database: SqliteDatabase): OpenOperations {
  const sessionCache = new SessionWriteCache(database);
  const logins = createLoginTable(database);
  const ping = database.prepare('SELECT count(*) FROM sqlite_schema');
  const operations = {
    ping: () => void ping.get(),
    ...createUserOperations(database, logins),
    ...createLoginOperations(database, logins),
    ...createSessionOperations(database),
    ...createMessageOperations(database, sessionCache),
    ...createDraftOperations(database),
  };
  return { operations, sessionCache };
}
