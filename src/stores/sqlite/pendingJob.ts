import { ChatError } from '../../domain/errors';
import type { Job, Outcome } from './batch';
import { fromJobError } from './jobError';
import type { Operation, Results } from './syncStore';

/** A job whose outcome somebody waits for. To settle it twice does nothing. */
export interface PendingJob {
  job: Job;
  /** When it gives up, on the clock of `performance.now()`. */
  deadline: number;
  resolve(value: Results[Operation]): void;
  reject(error: ChatError): void;
}

/** A job and what became of it. */
export interface DoneJob {
  pending: PendingJob;
  outcome: Outcome;
}

export function settle({ pending, outcome }: DoneJob): void {
  if (outcome.ok) pending.resolve(outcome.value);
  else pending.reject(fromJobError(outcome.error));
}

/** The failure of a job that nobody will run any more, or of which nobody knows what became. */
export function unavailable(cause: unknown): ChatError {
  return new ChatError('UNAVAILABLE', { cause });
}
