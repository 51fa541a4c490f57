import { relative, resolve } from 'node:path';
import type { ThreadProgram } from '../../src/utils/threadProgram';
import { builtProgram } from '../../testkit/serverProcess';

const SOURCE = resolve(__dirname, '../../src');

/** Replaces `src/utils/threadProgram` in tests: threads run compiled code, so that none has to load a compiler. */
export function threadProgram(path: string): ThreadProgram {
  return { filename: builtProgram(relative(SOURCE, path)), execArgv: [] };
}
