import type { Config } from 'jest';

const config: Config = {
  testEnvironment: 'node',
  roots: ['<rootDir>/tests'],
  transform: {
    '\\.ts$': [
      'babel-jest',
      { presets: ['@babel/preset-typescript'], plugins: ['@babel/plugin-transform-modules-commonjs'] },
    ],
  },
  moduleNameMapper: { '/utils/threadProgram$': '<rootDir>/tests/support/builtThread.ts' },
  globalSetup: '<rootDir>/tests/support/globalSetup.ts',
  globalTeardown: '<rootDir>/tests/support/globalTeardown.ts',
  setupFilesAfterEnv: ['<rootDir>/tests/support/documents/holdToDocuments.ts'],
  collectCoverageFrom: ['src/**/*.ts'],
  testTimeout: 20_000,
  // Half of the cores, which is what Jest takes, would be idle while tests wait; more make those late that measure.
  maxWorkers: 2,
};

export default config;
