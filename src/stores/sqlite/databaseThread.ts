import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Paced } from '../../utils/paced';
import { threadProgram } from '../../utils/threadProgram';
import { refuseOverload } from '../overload';
import { isRead, type Job, type Outcome } from './batch';
import { type Batch, BatchesUnderWay } from './batchesUnderWay';
import { type DoneJob, type PendingJob, settle, unavailable } from './pendingJob';
import type { Arguments, Operation, Results } from './syncStore';

/** A request is answered within 3 s even if the disk hangs, so its job gives up a little earlier, in milliseconds. */
const DEADLINE_MS = 2_800;
const DEADLINE_CHECK_MS = 100;
/** Jobs in one batch at the most: enough to share the wait for the disk, few enough for a transaction of some to end soon. */
const MAX_BATCH = 256;
/** Jobs that don't wait for the end of the turn of the event loop: while it takes on more, the thread does these. */
const ENOUGH = 32;
/** Jobs that settle in one turn of the event loop: their answers are on the way to clients while the others' are made. */
const SETTLED_PER_TURN = 32;

/** Is told of a batch that is on disk: how many writes it had, and how long they took from leaving to being known to be there. */
export type OnCommit = (writes: number, seconds: number) => void;

/**
 * Passes jobs to the thread that owns the database, in batches. What arrives there while it runs some shares the next
 * transaction. Jobs settle in the order in which they were given.
 */
export class DatabaseThread {
  /** Null while there is nothing to do for a thread: one that fails at once is not begun again and again. */
  private worker: Worker | null = null;
  private waiting: PendingJob[] = [];
  private readonly underWay = new BatchesUnderWay();
  /** True from when the thread was told to end until it has. */
  private isEnding = false;
  private isBatchPlanned = false;
  private isClosing = false;
  /** Why the thread is ending by itself. */
  private failure: unknown;
  private readonly settled = new Paced<DoneJob>(SETTLED_PER_TURN, settle);
  private readonly deadlineCheck: NodeJS.Timeout;
  private readonly stopped: Promise<void>;
  private tellStopped: () => void = () => {};

  constructor(
    private readonly path: string,
    private readonly onCommit: OnCommit = () => {},
  ) {
    this.deadlineCheck = setInterval(() => this.giveUpLateJobs(), DEADLINE_CHECK_MS).unref();
    this.stopped = new Promise((resolve) => {
      this.tellStopped = resolve;
    });
  }

  /**
   * Runs the operation in the thread, and makes of its answer what the promise resolves with: a step behind the promise would
   * let jobs that were given later settle earlier. Rejects with `UNAVAILABLE` once closed, or if it takes too long to know;
   * what is known later all the same, `onLate` is told.
   */
  call<K extends Operation, T>(
    operation: K,
    args: Arguments[K],
    toResult: (answer: Results[K]) => T,
    onLate: (result: T) => void = () => {},
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.isClosing) return reject(unavailable('the store is closed'));
      refuseOverload(this.waiting.length);
      const job: Job<K> = [operation, args];
      const deadline = performance.now() + DEADLINE_MS;
      let tell: (result: T) => void = resolve;
      this.waiting.push({
        job,
        deadline,
        resolve: (answer: Results[K]) => tell(toResult(answer)),
        reject(error) {
          tell = onLate;
          reject(error);
        },
      });
      if (this.waiting.length >= ENOUGH) this.runNextBatch();
      else this.planBatch();
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
    worker.on('error', (error) => {
      this.failure = error;
    });
    worker.on('exit', () => this.onExit());
    return worker;
  }

  /** What is asked for in one turn of the event loop leaves together, unless it is enough before. */
  private planBatch(): void {
    if (this.isBatchPlanned || this.underWay.isFull) return;
    this.isBatchPlanned = true;
    setImmediate(() => {
      this.isBatchPlanned = false;
      this.runNextBatch();
    });
  }

  private runNextBatch(): void {
    if (this.isEnding || this.underWay.isFull) return;
    const worker = this.waiting.length > 0 ? this.workerForWaiting() : null;
    if (worker) {
      const jobs = this.waiting.splice(0, MAX_BATCH);
      this.underWay.add(jobs);
      worker.postMessage(jobs.map(({ job }) => job));
    } else if (this.isClosing) {
      this.end();
    }
  }

  /** An answer to several batches makes room for as many. */
  private fill(): void {
    do {
      this.runNextBatch();
    } while (this.waiting.length > 0 && !this.isEnding && !this.underWay.isFull);
  }

  /** Null where the system has no thread to give: what waits is refused then. */
  private workerForWaiting(): Worker | null {
    try {
      this.worker ??= this.startWorker();
    } catch (error) {
      for (const job of this.waiting.splice(0)) job.reject(unavailable(error));
    }
    return this.worker;
  }

  /** The thread ends once it has answered what it has. */
  private end(): void {
    if (this.worker) {
      this.isEnding = true;
      this.worker.postMessage('close');
    } else {
      clearInterval(this.deadlineCheck);
      this.tellStopped();
    }
  }

  private settle(outcomes: readonly Outcome[]): void {
    const answered = this.underWay.takeAnswered(outcomes.length);
    this.fill();
    this.reportCommit(answered, outcomes);
    this.settled.add(
      answered.jobs.flatMap((pending, index) => {
        const outcome = outcomes[index];
        return outcome ? [{ pending, outcome }] : [];
      }),
    );
  }

  private reportCommit({ jobs, since }: Batch, outcomes: readonly Outcome[]): void {
    const isWritten = ({ job }: PendingJob, index: number) => !isRead(job) && outcomes[index]?.ok === true;
    const writes = jobs.filter(isWritten).length;
    if (writes > 0) this.onCommit(writes, (performance.now() - since) / 1000);
  }

  /** The thread has failed: nobody knows what became of the batches it had, any of which it may have been running. */
  private failUnderWay(cause: unknown): void {
    for (const job of this.underWay.takeAll()) job.reject(unavailable(cause));
  }

  /**
   * What a thread had and didn't begin before it ended goes to the next one. Only now is it known what it has failed in: it may
   * have told of its failure before its last answers have arrived.
   */
  private onExit(): void {
    this.settled.finish();
    if (this.failure !== undefined) this.failUnderWay(this.failure);
    this.failure = undefined;
    this.waiting = [...this.underWay.takeAll(), ...this.waiting];
    this.isEnding = false;
    this.worker = null;
    this.runNextBatch();
  }

  private giveUpLateJobs(): void {
    const now = performance.now();
    const late = (job: PendingJob) => job.deadline < now;
    // A running job stays in its place, where the outcome of the batch expects it; to settle it twice does nothing.
    for (const job of this.underWay.jobs.filter(late)) job.reject(unavailable('the database takes too long'));
    while (this.waiting[0] && late(this.waiting[0])) {
      this.waiting.shift()?.reject(unavailable('the database takes too long'));
    }
  }
}
