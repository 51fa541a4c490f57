import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { ChatError } from '../../domain/errors';
import { threadProgram } from '../../utils/threadProgram';
import { type ChatStore, mapOperations } from '../chatStore';
import { type OnSchemaChange, refuseOverload } from '../databaseHealth';
import { type Answers, isRead, type Job } from './batch';
import {
  type Arguments,
  fromJobError,
  type Operation,
  type Results,
  toAppendedExchange,
  toFields,
} from './protocol';
import type { FileChange, ThreadMessage } from './worker';

/** The deadline of a job in milliseconds. A request is answered within 3 s even if the disk hangs. */
const DEADLINE_MS = 2_800;
const DEADLINE_CHECK_MS = 100;
/** The largest batch: enough jobs to share the wait for the disk, few enough for their transaction to end soon. */
const MAX_BATCH_SIZE = 256;
/**
 * Batches in flight. The thread runs all that have arrived in one transaction, so with several in flight it never waits. With one, the
 * rate of stored echoes is 11 % lower.
 */
const MAX_BATCHES = 3;
/** Queue length that triggers a flush before the current event-loop turn ends. Without it, the rate is 9 % lower. */
const FLUSH_SIZE = 32;

/** Called after each commit with the number of writes and the seconds from sending them to the thread until its answer. */
export type OnCommit = (writes: number, seconds: number) => void;

/** Called when the database file was deleted, moved or replaced, with what to do, and with null when it is in place again. */
export type OnFileChange = (problem: string | null) => void;
/** Called within about a second after other programs have written to the database. */
export type OnForeignWrite = () => void;

export interface StoreEvents {
  onCommit?: OnCommit;
  onFileChange?: OnFileChange;
  onSchemaChange?: OnSchemaChange;
  onForeignWrite?: OnForeignWrite;
}

interface PendingJob {
  job: Job;
  /** On the clock of `performance.now()`. */
  deadline: number;
  /** Reports the result, also after a `reject` because of the deadline. */
  resolve(value: Results[Operation]): void;
  reject(error: ChatError): void;
}

interface Batch {
  jobs: readonly PendingJob[];
  /** On the clock of `performance.now()`. */
  sentAt: number;
}

/**
 * The event loop's side of the thread that owns the database. Sends jobs to the thread in batches and resolves them in the order in
 * which they were submitted. If the thread fails, its jobs are rejected and the next job starts a new thread.
 */
export class DatabaseThread {
  /** Null until there is a job: a thread that fails immediately is not restarted in a loop. */
  private worker: Worker | null = null;
  private queue: PendingJob[] = [];
  /** Sent to the thread and not yet answered, oldest first. */
  private batches: Batch[] = [];
  /** The thread was asked to end, and has not yet. */
  private isEnding = false;
  private isFlushScheduled = false;
  private isClosing = false;
  /** The file that the first thread opened, so that no later one opens another in its place. */
  private fileIdentity: string | null = null;
  private fileProblem: string | null = null;
  /** The error that is ending the thread. */
  private failure: unknown;
  private readonly deadlineCheck: NodeJS.Timeout;
  private readonly closed: Promise<void>;
  private resolveClosed: () => void = () => {};

  constructor(
    private readonly path: string,
    private readonly events: StoreEvents = {},
  ) {
    this.deadlineCheck = setInterval(() => this.rejectOverdueJobs(), DEADLINE_CHECK_MS).unref();
    this.closed = new Promise((resolve) => {
      this.resolveClosed = resolve;
    });
  }

  /**
   * Runs an operation in the thread. `onResult` converts its answer to what the promise resolves with. It is called synchronously,
   * in the order of the calls, also if the promise was already rejected because its deadline passed. Rejects with `UNAVAILABLE` if
   * the store is closed, the deadline passes, or the thread fails.
   */
  call<K extends Operation, T>(
    operation: K,
    args: Arguments[K],
    onResult: (answer: Results[K]) => T,
    deadlineMs = DEADLINE_MS,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.isClosing) return reject(unavailable('the store is closed'));
      refuseOverload(this.queue.length);
      const job: Job<K> = [operation, args];
      this.queue.push({
        job,
        deadline: performance.now() + deadlineMs,
        resolve(answer: Results[K]) {
          try {
            resolve(onResult(answer));
          } catch (error) {
            reject(new ChatError('INTERNAL', { cause: error }));
          }
        },
        reject,
      });
      if (this.queue.length >= FLUSH_SIZE) this.flush();
      else this.scheduleFlush();
    });
  }

  /** Opens the database. Without a deadline, as a new version may have to rewrite its tables. */
  open(): Promise<void> {
    return this.call('ping', [], () => {}, Number.POSITIVE_INFINITY);
  }

  /** Finishes the submitted jobs, closes the database and ends the thread. */
  close(): Promise<void> {
    this.isClosing = true;
    this.flush();
    return this.closed;
  }

  /** Jobs that are given in one turn of the event loop share a batch, unless `FLUSH_SIZE` is reached. */
  private scheduleFlush(): void {
    if (this.isFlushScheduled || this.batches.length >= MAX_BATCHES) return;
    this.isFlushScheduled = true;
    setImmediate(() => {
      this.isFlushScheduled = false;
      this.flush();
    });
  }

  private flush(): void {
    while (this.queue.length > 0 && !this.isEnding && this.batches.length < MAX_BATCHES) {
      const worker = this.ensureWorker();
      if (!worker) break;
      const jobs = this.queue.splice(0, MAX_BATCH_SIZE);
      this.batches.push({ jobs, sentAt: performance.now() });
      worker.postMessage(jobs.map(({ job }) => job));
    }
    if (this.isClosing && this.queue.length === 0 && this.batches.length === 0) this.end();
  }

  /** If the system can't start a thread, rejects the queue and returns null. */
  private ensureWorker(): Worker | null {
    try {
      this.worker ??= this.startWorker();
    } catch (error) {
      for (const job of this.queue.splice(0)) job.reject(unavailable(error));
    }
    return this.worker;
  }

  private startWorker(): Worker {
    const { filename, execArgv } = threadProgram(join(__dirname, 'worker'));
    const worker = new Worker(filename, {
      execArgv,
      workerData: { path: this.path, identity: this.fileIdentity },
    });
    worker.on('message', (message: ThreadMessage) => {
      if (message === 'foreign write') this.events.onForeignWrite?.();
      else if ('problem' in message) this.onFile(message);
      else if ('steps' in message) this.events.onSchemaChange?.(message);
      else this.onAnswers(message);
    });
    worker.on('error', (error) => {
      this.failure = error;
    });
    worker.on('exit', () => this.onExit());
    return worker;
  }

  private end(): void {
    if (this.isEnding) return;
    if (this.worker) {
      this.isEnding = true;
      this.worker.postMessage('close');
    } else {
      clearInterval(this.deadlineCheck);
      this.resolveClosed();
    }
  }

  private onFile({ identity, problem }: FileChange): void {
    this.fileIdentity ??= identity;
    if (problem === this.fileProblem) return;
    this.fileProblem = problem;
    this.events.onFileChange?.(problem);
  }

  private onAnswers({ results, errors }: Answers): void {
    const { jobs, sentAt } = this.takeAnswered(results.length);
    // First, so that the thread has its next batch while these jobs are resolved.
    this.flush();
    const failed = new Map(errors);
    const writes = jobs.filter(({ job }, index) => !failed.has(index) && !isRead(job)).length;
    if (writes > 0) this.events.onCommit?.(writes, (performance.now() - sentAt) / 1000);
    for (const [index, result] of results.entries()) {
      const error = failed.get(index);
      if (error) jobs[index]?.reject(fromJobError(error));
      else jobs[index]?.resolve(result);
    }
  }

  /** Takes the oldest batches, `count` jobs in all: the thread has answered them together. */
  private takeAnswered(count: number): Batch {
    const sentAt = this.batches[0]?.sentAt ?? 0;
    const jobs: PendingJob[] = [];
    while (jobs.length < count) {
      const batch = this.batches.shift();
      if (!batch) throw new Error('the thread has answered more jobs than it was given');
      jobs.push(...batch.jobs);
    }
    return { jobs, sentAt };
  }

  /**
   * If the thread has failed, the outcome of its unanswered batches is unknown. They are rejected here and not on `error`, which may
   * arrive before the last answers. A thread that ended by itself has not started its remaining batches: they are sent to the next
   * thread.
   */
  private onExit(): void {
    const unanswered = this.batches.flatMap(({ jobs }) => jobs);
    this.batches = [];
    if (this.failure === undefined) this.queue = [...unanswered, ...this.queue];
    else for (const job of unanswered) job.reject(unavailable(this.failure));
    this.failure = undefined;
    this.isEnding = false;
    this.worker = null;
    this.flush();
  }

  private rejectOverdueJobs(): void {
    const now = performance.now();
    const isOverdue = (job: PendingJob) => job.deadline < now;
    // A job that was sent keeps its place in its batch, as its outcome will arrive there.
    for (const { jobs } of this.batches) {
      for (const job of jobs) if (isOverdue(job)) job.reject(unavailable('the database takes too long'));
    }
    while (this.queue[0] && isOverdue(this.queue[0])) {
      this.queue.shift()?.reject(unavailable('the database takes too long'));
    }
  }
}

function unavailable(cause: unknown): ChatError {
  return new ChatError('UNAVAILABLE', { cause });
}

/**
 * Opens the store in the SQLite file at `path`, which is created if it is missing and migrated to the newest schema. Rejects with
 * `UNAVAILABLE` if the file can't be opened. While the file is not in its place, calls reject
 * with `UNAVAILABLE`.
 */
export async function openSqliteStore(path: string, events?: StoreEvents): Promise<ChatStore> {
  const thread = new DatabaseThread(path, events);
  const store: ChatStore = {
    ...mapOperations<Arguments, Results>((operation, args) =>
      thread.call(operation, args, (answer) => answer),
    ),
    appendExchange: (exchange, onStored) =>
      thread.call('appendExchange', toFields(exchange), (appended) => {
        if (appended === null) return null;
        const { stored, session } = toAppendedExchange(exchange, appended);
        onStored?.(stored, session);
        return stored;
      }),
    appendReply: (reply, onStored) =>
      thread.call('appendReply', [reply], (appended) => {
        if (appended === null) return null;
        onStored?.(appended.stored, appended.session);
        return appended.stored;
      }),
    close: () => thread.close(),
  };
  try {
    await thread.open();
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}
