/**
 * For files whose tests hold a promise against the clock: a machine that is busy with the other tests may be late by itself, so
 * a test fails only if it is late three times. What was late is printed each time.
 */
export function measuresTimes(): void {
  jest.retryTimes(2, { logErrorsBeforeRetry: true });
}
