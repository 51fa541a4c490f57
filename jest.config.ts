import { availableParallelism } from 'node:os';
import type { Config } from 'jest';

const config: Config = {
  testEnvironment: '<rootDir>/tests/support/jestEnvironment.ts',
  runtime: '<rootDir>/tests/support/jestRuntime.ts',
  roots: ['<rootDir>/tests'],
  transform: { '\\.ts$': '<rootDir>/tests/support/jestTransformer.ts' },
  moduleNameMapper: { '/utils/threadProgram$': '<rootDir>/tests/support/builtThread.ts' },
  testSequencer: '<rootDir>/tests/support/slowFirst.ts',
  globalSetup: '<rootDir>/tests/support/globalSetup.ts',
  globalTeardown: '<rootDir>/tests/support/globalTeardown.ts',
  setupFilesAfterEnv: [
    '<rootDir>/tests/support/documents/holdToDocuments.ts',
    '<rootDir>/tests/support/failOnWarnings.ts',
    '<rootDir>/tests/support/retryOnce.ts',
  ],
  collectCoverageFrom: ['src/**/*.ts'],
  // Longer than any test takes on a machine that is busy with other things.
  testTimeout: 60_000,
  // Many tests wait for deadlines or other processes: with one worker for each core, cores would be idle.
  maxWorkers: availableParallelism() * 2,
};

export default config;
