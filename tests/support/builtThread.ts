import { relative, resolve } from 'node:path';
import type { ThreadProgram } from '../../src/utils/threadProgram';
import { builtProgram } from '../../testkit/serverProcess';

const SOURCE = resolve(__dirname, '../../src');

/** Stands for `src/utils/threadProgram`: threads run what is compiled already, where each would load a compiler first. */
export function threadProgram(path: string): ThreadProgram {
  return { filename: builtProgram(relative(SOURCE, path)), execArgv: [] };
}
