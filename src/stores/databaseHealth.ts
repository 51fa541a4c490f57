import { ChatError } from '../domain/errors';

/** The database responds but must not be served from. `advice` is for the person who starts the server; clients never see it. */
export class UnusableDatabase extends ChatError {
  constructor(readonly advice: string) {
    super('UNAVAILABLE', { cause: new Error(advice) });
  }
}

/** The change of an existing database to the newest schema. A new database is created with it, which is not reported. */
export interface SchemaChange {
  /** The number of the last migration that is applied before the change, and after it. For MongoDB, 0 is before the first one. */
  from: number;
  to: number;
  /** The number and the name of each migration between them. */
  steps: readonly string[];
  /** How long the change took; null as it begins. */
  milliseconds: number | null;
}

/** Called when a change of the schema begins, and again when it is complete. It may take minutes in between. */
export type OnSchemaChange = (change: SchemaChange) => void;

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

/** How much the size changes at most from one portion to the next. */
const MAX_FACTOR = 2;

export interface PortionLimits {
  initial: number;
  min: number;
  max: number;
  /** The duration of a portion that its size is adapted to, in milliseconds. */
  targetMs: number;
}

/** The number of rows to remove in one portion, adapted to how long portions take on this machine and for these rows. */
export class PortionSize {
  private current: number;

  constructor(private readonly limits: PortionLimits) {
    this.current = limits.initial;
  }

  get rows(): number {
    return this.current;
  }

  /** `elapsedMs` is how long a portion of this size took. */
  adaptTo(elapsedMs: number): void {
    const { min, max, targetMs } = this.limits;
    const factor = Math.min(MAX_FACTOR, Math.max(1 / MAX_FACTOR, targetMs / elapsedMs));
    this.current = Math.min(max, Math.max(min, Math.round(this.current * factor)));
  }
}
