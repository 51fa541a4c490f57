import { availableParallelism } from 'node:os';
import type { Config } from 'jest';

const config: Config = {
  testEnvironment: '<rootDir>/tests/support/jestEnvironment.ts',
  runtime: '<rootDir>/tests/support/jestRuntime.ts',
  roots: ['<rootDir>/tests'],
  transform: { '\\.ts$': '<rootDir>/tests/support/jestTransformer.ts' },
  moduleNameMapper: { '/utils/threadProgram$': '<rootDir>/tests/support/builtThread.ts' },
  globalSetup: '<rootDir>/tests/support/globalSetup.ts',
  globalTeardown: '<rootDir>/tests/support/globalTeardown.ts',
  setupFilesAfterEnv: [
    '<rootDir>/tests/support/documents/holdToDocuments.ts',
    '<rootDir>/tests/support/failOnWarnings.ts',
  ],
  collectCoverageFrom: ['src/**/*.ts'],
  testTimeout: 20_000,
  // Many tests wait for deadlines or other processes: with one worker for each core, cores would be idle.
  maxWorkers: availableParallelism() * 2,
};

export default config;
