import { ChatError } from '../domain/errors';

/** Calls that wait for a database at the most. More would only wait longer and fill memory. */
export const MAX_WAITING = 2_000;
/** When a refused client may try again, in milliseconds: the database has caught up by then, or takes some of them. */
const RETRY_MS = 1_000;

/** Throws `UNAVAILABLE` with `retryAfterMs` if as many calls wait for the database as may. */
export function refuseOverload(waiting: number): void {
  if (waiting < MAX_WAITING) return;
  throw new ChatError('UNAVAILABLE', {
    detail: `The server has more to store than its database takes. Try again in ${RETRY_MS} ms.`,
    retryAfterMs: RETRY_MS,
    cause: new Error(`${waiting} calls wait for the database`),
  });
}
