/** Tells the time in milliseconds since 1970, so that a test can tell another one. */
export type Clock = () => number;

/** ISO 8601 UTC, as all times are stored and sent. */
export function timestampOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
