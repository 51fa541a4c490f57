/**
 * On a CI machine, which may be busy with other work, a test that fails is run once more. Its first failure is printed, so that it can
 * be looked into. Elsewhere the first failure counts.
 */
if (process.env.CI === 'true') jest.retryTimes(1, { logErrorsBeforeRetry: true });
