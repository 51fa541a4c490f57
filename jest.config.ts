import { availableParallelism } from 'node:os';
import type { Config } from 'jest';

function babel(...plugins: string[]): [string, object] {
  return [
    'babel-jest',
    {
      presets: ['@babel/preset-typescript'],
      plugins: [...plugins, '@babel/plugin-transform-modules-commonjs'],
    },
  ];
}

const config: Config = {
  testEnvironment: 'node',
  roots: ['<rootDir>/tests'],
  transform: {
    // Jest can't run import(). In tests it stays as it is, because they pass functions with import() to a browser.
    '/src/(?!.*/tests/).+\\.ts$': babel('@babel/plugin-transform-dynamic-import'),
    '\\.ts$': babel(),
  },
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
