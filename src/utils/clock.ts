/** Returns the time in milliseconds since 1970. Tests replace it. */
export type Clock = () => number;

/** Under load many messages share a millisecond, and formatting a date is slow. */
let latest = { milliseconds: Number.NaN, timestamp: '' };

/** ISO 8601 UTC, the form in which all times are stored and sent. */
export function timestampOf(milliseconds: number): string {
  if (milliseconds === latest.milliseconds) return latest.timestamp;
  latest = { milliseconds, timestamp: new Date(milliseconds).toISOString() };
  return latest.timestamp;
}

/** Resolves when the work settles, successfully or not, or after this time. */
export async function waitAtMost(milliseconds: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([work.catch(() => {}), timeout]);
  clearTimeout(timer);
}

/** Settles like the work, or resolves with null after this time. */
export async function settledWithin<T>(milliseconds: number, work: Promise<T>): Promise<T | null> {
  let result: T | null = null;
  const settled = work.then((value) => {
    result = value;
  });
  await waitAtMost(milliseconds, settled);
  return result;
}

/** Settles like the work, or rejects when the signal aborts: a responder may ignore the signal. */
export async function untilAborted<T>(signal: AbortSignal, work: T | Promise<T>): Promise<T> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    Promise.resolve(work).then(resolve, reject);
  });
}
