import { rollBack, type SqliteDatabase } from './driver';
import { type JobError, toJobError } from './jobError';
import { APPENDS, type Arguments, type OpenStore, type Operation, READS, type Results } from './syncStore';

/** One call of an operation, as it travels to the thread of the database. */
export type Job<K extends Operation = Operation> = readonly [operation: K, args: Arguments[K]];

/** What became of a job. */
export type Outcome = { ok: true; value: Results[Operation] } | { ok: false; error: JobError };

/** A job failed in a way that it doesn't answer for itself, so the transaction it was in can't be kept. */
class JobFailed extends Error {}

/**
 * Runs the jobs that arrived together: those that write in one transaction, so that they share one wait for the disk, then
 * those that read. What it calls done is durable when it returns. It throws nothing: a job that fails costs only itself, a
 * commit that fails costs every job that writes.
 */
export function runBatch(database: SqliteDatabase, store: OpenStore, jobs: readonly Job[]): Outcome[] {
  const writes = jobs.filter((job) => !isRead(job));
  const written = runWrites(database, store, writes).values();
  return jobs.map((job) => (isRead(job) ? runRead(store, job) : next(written)));
}

export function isRead([operation]: Job): boolean {
  return READS.has(operation);
}

function runWrites(database: SqliteDatabase, store: OpenStore, jobs: readonly Job[]): Outcome[] {
  if (jobs.length === 0) return [];
  try {
    return inTransaction(database, store, () => jobs.map((job) => runWrite(store, job)));
  } catch (error) {
    const oneOfMany = error instanceof JobFailed && jobs.length > 1;
    if (oneOfMany) return jobs.flatMap((job) => runWrites(database, store, [job]));
    const cause = error instanceof JobFailed ? error.cause : error;
    return jobs.map(() => ({ ok: false, error: toJobError(cause) }));
  }
}

function inTransaction<T>(database: SqliteDatabase, { appended }: OpenStore, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    appended.begin();
    const result = work();
    appended.writeBack();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    appended.forget();
    rollBack(database);
    throw error;
  }
}

function runWrite(store: OpenStore, job: Job): Outcome {
  try {
    if (!APPENDS.has(job[0])) store.appended.handOver();
    return { ok: true, value: run(store, job) };
  } catch (error) {
    const jobError = toJobError(error);
    if (jobError.foreseen) return { ok: false, error: jobError };
    throw new JobFailed('rolled back', { cause: error });
  }
}

function runRead(store: OpenStore, job: Job): Outcome {
  try {
    return { ok: true, value: run(store, job) };
  } catch (error) {
    return { ok: false, error: toJobError(error) };
  }
}

function run<K extends Operation>({ operations }: OpenStore, [operation, args]: Job<K>): Results[K] {
  return operations[operation](...args);
}

function next(outcomes: Iterator<Outcome>): Outcome {
  const { value, done } = outcomes.next();
  if (done) throw new Error('a job that writes has no outcome');
  return value;
}
