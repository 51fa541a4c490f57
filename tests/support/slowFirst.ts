import { existsSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import Sequencer from '@jest/test-sequencer';

const TESTS = resolve(__dirname, '..');

/**
 * The files that take longest. They start first, because one that starts last keeps a single core busy while the others are idle.
 * Without times of an earlier run, as in a fresh checkout, Jest goes by the sizes of files, which say little.
 */
const SLOW = [
  'fleet/faultRun',
  'faults/kill',
  'fleet/failures',
  'web/accessibility',
  'contract/mongoStore.contract',
  'e2e/commands',
  'sockets/streamedReplies',
  'web/sessionList',
  'sockets/regenerate',
  'faults/databaseAway',
  'web/secondDevice',
  'data/copyRefusals',
  'data/copy',
  'web/account',
  'web/otherReplies',
  'client/subscription',
  'sockets/hashing',
  'data/restore',
  'faults/stopUnderWay',
  'fleet/nodes',
  'sockets/usage',
  'apiDocs/snippets',
  'web/settings',
  'web/appearance',
  'e2e/anyOrder',
  'faults/lostDatabase',
  'testkit/wrongApps',
  'client/package',
  'client/firstHour',
  'unit/sqliteDeletions',
  'client/react',
  'fleet/takenForDead',
  'fleet/streamedReplies',
  'sockets/sessionActivity',
  'fuzz/fuzz',
  'e2e/start',
  'contract/mongoPartialInserts',
  'faults/lostLog',
];

type Test = Parameters<Sequencer['sort']>[0][number];

export default class SlowFirst extends Sequencer {
  override async sort(tests: Test[]): Promise<Test[]> {
    const missing = SLOW.filter((name) => !existsSync(resolve(TESTS, `${name}.test.ts`)));
    if (missing.length > 0)
      throw new Error(`No test files: ${missing.join(', ')}. Correct SLOW in ${__filename}.`);
    const sorted = await super.sort(tests);
    const slow = SLOW.flatMap((name) => sorted.filter(({ path }) => nameOf(path) === name));
    return [...slow, ...sorted.filter((test) => !slow.includes(test))];
  }
}

function nameOf(path: string): string {
  return relative(TESTS, path).replace(/\.test\.ts$/, '');
}
