/** Tells the time in milliseconds since 1970, so that a test can tell another one. */
export type Clock = () => number;

/** ISO 8601 UTC, as all times are stored and sent. */
export function timestampOf(milliseconds: number): string {
  if (milliseconds === latest.milliseconds) return latest.timestamp;
  latest = { milliseconds, timestamp: new Date(milliseconds).toISOString() };
  return latest.timestamp;
}

/** Under load many messages fall into one millisecond, and a date takes long to write. */
let latest = { milliseconds: Number.NaN, timestamp: '' };
