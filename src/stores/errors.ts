import { ChatError } from '../domain/errors';

/** The database responds but must not be served from. `advice` is for the person who starts the server; clients never see it. */
export class UnusableDatabase extends ChatError {
  constructor(readonly advice: string) {
    super('UNAVAILABLE', { cause: new Error(advice) });
  }
}

/** The largest number of calls that may wait for the database. More would only wait longer and fill memory. */
export const MAX_WAITING_CALLS = 2_000;
/** When a refused client may try again, in milliseconds. By then the database has processed part of its queue. */
const RETRY_MS = 1_000;

/** Throws `UNAVAILABLE` with `retryAfterMs` if too many calls are waiting for the database. */
export function refuseOverload(waitingCalls: number): void {
  if (waitingCalls < MAX_WAITING_CALLS) return;
  throw new ChatError('UNAVAILABLE', {
    detail: `The database is overloaded. Try again in ${RETRY_MS} ms.`,
    retryAfterMs: RETRY_MS,
    cause: new Error(`${waitingCalls} calls are waiting for the database`),
  });
}
