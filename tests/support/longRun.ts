/** True in `npm run test:long`, for tests of which `npm test` runs a shorter form. */
export const isLongRun = process.env.LONG_TESTS === 'true';
