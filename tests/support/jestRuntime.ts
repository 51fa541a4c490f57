import { createRequire, isBuiltin } from 'node:module';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import Runtime from 'jest-runtime';
import { buildDirectory } from '../../testkit/serverProcess';
import { builtTestProgram, SHARED_MODULES } from './serverBuild';

const ROOT = resolve(__dirname, '../..');
const SOURCE = join(ROOT, 'src') + sep;
const WORKER_BROWSER = join(__dirname, 'workerBrowser');
const SHARED = new Map(SHARED_MODULES.map((name) => [join(ROOT, name), name]));
/** Parts of Jest that hold no state of a test file. */
const OF_WORKER = new Set([
  '@jest/diff-sequences',
  '@jest/expect-utils',
  '@jest/get-type',
  'jest-diff',
  'jest-each',
  'jest-matcher-utils',
  'jest-message-util',
  'jest-snapshot',
  'jest-util',
  'pretty-format',
  'pure-rand',
]);
/** Their state belongs to the test file. */
const OF_TEST_FILE = new Set(['expect', '@jest/expect', '@jest/globals']);

type RuntimeParameters = ConstructorParameters<typeof Runtime>;

/**
 * Loads packages and the server once for all test files of a worker instead of anew for each, which takes up to a second. The
 * server is the compiled one of this run, except for a report of coverage. Other modules of tests, `testkit` and the
 * other sources are still loaded anew. Fits `jestEnvironment`, without which packages would have other globals than tests.
 */
export default class SharedModules extends Runtime {
  private readonly coversSources: boolean;

  constructor(...parameters: RuntimeParameters) {
    super(...parameters);
    const [, , , , , { collectCoverage }] = parameters;
    this.coversSources = collectCoverage;
  }

  override requireModuleOrMock<T = unknown>(from: string, name: string): T {
    const path = name.startsWith('.') ? join(dirname(from), name) : name;
    // The environment, too, gets it from Node.
    if (path === WORKER_BROWSER) return createRequire(from)(`${path}.ts`);
    const compiled = this.coversSources ? undefined : compiledModule(path);
    if (compiled !== undefined) return createRequire(compiled)(compiled);
    const isPackage = !(isAbsolute(path) || isBuiltin(name) || OF_TEST_FILE.has(name));
    return isPackage ? createRequire(from)(name) : super.requireModuleOrMock(from, name);
  }

  override requireInternalModule<T = unknown>(from: string, name?: string): T {
    if (name !== undefined && OF_WORKER.has(name)) return createRequire(from)(name);
    return super.requireInternalModule(from, name);
  }
}

function compiledModule(path: string): string | undefined {
  if ((path + sep).startsWith(SOURCE)) return join(buildDirectory(), relative(SOURCE, path));
  const shared = SHARED.get(path);
  return shared === undefined ? undefined : builtTestProgram(shared);
}
