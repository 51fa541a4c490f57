/**
 * For files whose tests measure times: a machine that is busy with other tests may be slow by itself, so a test fails only if it
 * fails three times. Each failure is printed.
 */
export function measuresTimes(): void {
  jest.retryTimes(2, { logErrorsBeforeRetry: true });
}
