import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { ThreadProgram } from './threadProgram';

interface Waiting {
  begin(worker: Worker): void;
  fail(error: Error): void;
}

/** A few threads that answer each message they are sent with one message. They are started when they are needed. */
export class ThreadPool {
  private readonly idle: Worker[] = [];
  private readonly all = new Set<Worker>();
  private readonly waiting: Waiting[] = [];
  private readonly closing = new AbortController();

  constructor(
    private readonly program: ThreadProgram,
    private readonly size: number,
  ) {}

  /** How many tasks wait for a thread. */
  get queueLength(): number {
    return this.waiting.length;
  }

  /** Resolves with what a thread answers; rejects if the thread fails, or the pool closes first. */
  async run(task: object): Promise<unknown> {
    this.closing.signal.throwIfAborted();
    const worker = this.idle.pop() ?? this.another() ?? (await this.nextIdle());
    worker.postMessage(task);
    try {
      // A thread that fails rejects this through its `error` event, and has ended then.
      const [answer]: unknown[] = await once(worker, 'message', { signal: this.closing.signal });
      this.release(worker);
      return answer;
    } catch (error) {
      this.all.delete(worker);
      if (this.waiting.length > 0) this.release(this.another());
      throw error;
    }
  }

  /** Ends the threads, whatever they do. */
  async close(): Promise<void> {
    const threads = [...this.all];
    this.closing.abort();
    for (const { fail } of this.waiting.splice(0)) fail(new Error('the threads are closed'));
    await Promise.all(threads.map((worker) => worker.terminate()));
  }

  private another(): Worker | null {
    if (this.all.size >= this.size || this.closing.signal.aborted) return null;
    const { filename, execArgv } = this.program;
    const worker = new Worker(filename, { execArgv });
    worker.unref();
    // Without this an idle thread that fails would end the process.
    worker.on('error', () => {});
    worker.once('exit', () => this.forget(worker));
    this.all.add(worker);
    return worker;
  }

  private forget(worker: Worker): void {
    this.all.delete(worker);
    const index = this.idle.indexOf(worker);
    if (index >= 0) this.idle.splice(index, 1);
  }

  private nextIdle(): Promise<Worker> {
    return new Promise((begin, fail) => this.waiting.push({ begin, fail }));
  }

  private release(worker: Worker | null): void {
    if (!worker) return;
    const next = this.waiting.shift();
    if (next) next.begin(worker);
    else this.idle.push(worker);
  }
}
