import type { PendingJob } from './pendingJob';

/** Batches that the thread has at a time: it runs some together, and finds the next ones there when it is done. */
const MOST = 3;

export interface Batch {
  jobs: readonly PendingJob[];
  /** When it left, on the clock of `performance.now()`. */
  since: number;
}

/** What the thread of the database has, the oldest first. */
export class BatchesUnderWay {
  private batches: Batch[] = [];

  get isFull(): boolean {
    return this.batches.length >= MOST;
  }

  get jobs(): readonly PendingJob[] {
    return this.batches.flatMap(({ jobs }) => jobs);
  }

  add(jobs: readonly PendingJob[]): void {
    this.batches.push({ jobs, since: performance.now() });
  }

  /** Takes the oldest batches with so many jobs in all, which the thread has run together, as one. */
  takeAnswered(count: number): Batch {
    const since = this.batches[0]?.since ?? 0;
    const jobs: PendingJob[] = [];
    while (jobs.length < count) {
      const batch = this.batches.shift();
      if (!batch) throw new Error('the thread has answered more than it was asked');
      jobs.push(...batch.jobs);
    }
    return { jobs, since };
  }

  /** Takes all that the thread will not answer. */
  takeAll(): readonly PendingJob[] {
    const { jobs } = this;
    this.batches = [];
    return jobs;
  }
}
