import { createRequire, isBuiltin } from 'node:module';
import { isAbsolute } from 'node:path';
import Runtime from 'jest-runtime';

/** Their state belongs to the test file. */
const OF_TEST_FILE = new Set(['expect', '@jest/expect', '@jest/globals']);

/**
 * Loads packages once for all test files of a worker instead of anew for each, which takes up to a second. Modules of this
 * project are still loaded anew. Fits `jestEnvironment`, without which packages would have other globals than tests.
 */
export default class SharedPackages extends Runtime {
  override requireModuleOrMock<T = unknown>(from: string, name: string): T {
    const isPackage = !(
      name.startsWith('.') ||
      isAbsolute(name) ||
      isBuiltin(name) ||
      OF_TEST_FILE.has(name)
    );
    return isPackage ? createRequire(from)(name) : super.requireModuleOrMock(from, name);
  }
}
