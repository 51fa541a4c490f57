import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { ChatError } from '../../domain/errors';
import { threadProgram } from '../../utils/threadProgram';
import type { Job, Outcome } from './batch';
import { fromJobError } from './jobError';
import { type Arguments, type Operation, READS, type Results } from './syncStore';

/** A request is answered within 3 s even if the disk hangs, so its job gives up a little earlier, in milliseconds. */
const DEADLINE_MS = 2_800;
const DEADLINE_CHECK_MS = 100;
/** Jobs in one transaction at the most: enough to share the wait for the disk, few enough for it to end soon. */
const MAX_BATCH = 256;

/** Is told of a batch that is on disk: how many writes it had, and how long they took from leaving to being known to be there. */
export type OnCommit = (writes: number, seconds: number) => void;

interface PendingJob {
  job: Job;
  /** When it gives up, on the clock of `performance.now()`. */
  deadline: number;
  resolve(value: Results[Operation]): void;
  reject(error: ChatError): void;
}

/**
 * Passes jobs to the thread that owns the database, one batch at a time: what arrives while a batch runs is the next one. Jobs
 * settle in the order in which they were given.
 */
export class DatabaseThread {
  private worker: Worker;
  private waiting: PendingJob[] = [];
  private running: PendingJob[] = [];
  private isRunning = false;
  private runningSince = 0;
  private isClosing = false;
  private readonly deadlineCheck: NodeJS.Timeout;
  private readonly stopped: Promise<void>;
  private tellStopped: () => void = () => {};

  constructor(
    private readonly path: string,
    private readonly onCommit: OnCommit = () => {},
  ) {
    this.worker = this.startWorker();
    this.deadlineCheck = setInterval(() => this.giveUpLateJobs(), DEADLINE_CHECK_MS).unref();
    this.stopped = new Promise((resolve) => {
      this.tellStopped = resolve;
    });
  }

  /** Runs the operation in the thread. Rejects with `UNAVAILABLE` once closed, or if it takes too long to know. */
  call<K extends Operation>(operation: K, args: Arguments[K]): Promise<Results[K]> {
    return new Promise<Results[K]>((resolve, reject) => {
      if (this.isClosing) return reject(unavailable('the store is closed'));
      const job: Job<K> = { operation, args };
      const deadline = performance.now() + DEADLINE_MS;
      this.waiting.push({ job, deadline, resolve: (value: Results[K]) => resolve(value), reject });
      this.runNextBatch();
    });
  }

  /** Finishes what was given, closes the database and ends the thread. */
  close(): Promise<void> {
    this.isClosing = true;
    this.runNextBatch();
    return this.stopped;
  }

  private startWorker(): Worker {
    const { filename, execArgv } = threadProgram(join(__dirname, 'worker'));
    const worker = new Worker(filename, { execArgv, workerData: { path: this.path } });
    worker.on('message', (outcomes: readonly Outcome[]) => this.settle(outcomes));
    worker.on('error', (error) => this.failRunning(error));
    worker.on('exit', () => this.onExit());
    return worker;
  }

  private runNextBatch(): void {
    if (this.isRunning) return;
    this.running = this.waiting.splice(0, MAX_BATCH);
    if (this.running.length > 0) {
      this.isRunning = true;
      this.runningSince = performance.now();
      this.worker.postMessage(this.running.map(({ job }) => job));
    } else if (this.isClosing) {
      this.isRunning = true;
      this.worker.postMessage('close');
    }
  }

  private settle(outcomes: readonly Outcome[]): void {
    const settled = this.running;
    this.running = [];
    this.reportCommit(settled, outcomes);
    if (outcomes.some(isConnectionSuspect)) {
      this.worker.postMessage('close');
    } else {
      this.isRunning = false;
      this.runNextBatch();
    }
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.ok) settled[index]?.resolve(outcome.value);
      else settled[index]?.reject(fromJobError(outcome.error));
    }
  }

  private reportCommit(jobs: readonly PendingJob[], outcomes: readonly Outcome[]): void {
    const isWritten = ({ job }: PendingJob, index: number) =>
      !READS.has(job.operation) && outcomes[index]?.ok === true;
    const writes = jobs.filter(isWritten).length;
    if (writes > 0) this.onCommit(writes, (performance.now() - this.runningSince) / 1000);
  }

  private failRunning(cause: unknown): void {
    for (const job of this.running) job.reject(unavailable(cause));
    this.running = [];
  }

  /** A thread that ends before the store is closed takes its batch with it; the next batch gets a new one. */
  private onExit(): void {
    this.failRunning('the thread of the database ended');
    if (this.isClosing && this.waiting.length === 0) {
      clearInterval(this.deadlineCheck);
      this.tellStopped();
      return;
    }
    this.worker = this.startWorker();
    this.isRunning = false;
    this.runNextBatch();
  }

  private giveUpLateJobs(): void {
    const now = performance.now();
    const late = (job: PendingJob) => job.deadline < now;
    // A running job stays in its place, where the outcome of the batch expects it; to settle it twice does nothing.
    for (const job of this.running.filter(late)) job.reject(unavailable('the database takes too long'));
    while (this.waiting[0] && late(this.waiting[0])) {
      this.waiting.shift()?.reject(unavailable('the database takes too long'));
    }
  }
}

/**
 * After a failed write or sync it is unknown what the connection believes to be on disk, so the next batch gets a new one. It
 * gets a new thread too: where SQLite comes from a package, only the end of a thread lets go of its files for certain.
 */
function isConnectionSuspect(outcome: Outcome): boolean {
  return !outcome.ok && outcome.error.isConnectionSuspect;
}

function unavailable(cause: unknown): ChatError {
  return new ChatError('UNAVAILABLE', { cause });
}
