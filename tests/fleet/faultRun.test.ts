import { resolve } from 'node:path';
import { Random } from '../../testkit/random';
import { missingRedis } from '../../testkit/redisProcess';
import { present } from '../contract/storeFixture';
import { describeWith } from '../support/describeWith';
import { useProcessFolder } from '../support/processFolder';
import { mongoUrlForTest } from '../support/testMongo';
import { isFleetClean, runFleetFaults, summarize } from './faults/fleetRun';
import { planFaults, type Step } from './faults/plan';

const STREAMING_RESPONDER = resolve(__dirname, '../faults/streamingResponder.cjs');

/** The shortest of each part. */
const STEPS: Step[] = [
  {
    pauseMs: 500,
    faults: [
      { kind: 'node killed', node: 0, ms: 300 },
      { kind: 'hints to all nodes: drop', node: 0, ms: 1_000 },
    ],
  },
  { pauseMs: 200, faults: [{ kind: 'node frozen', node: 1, ms: 2_600 }] },
  { pauseMs: 200, faults: [{ kind: 'Redis restarted empty', node: 0, ms: 500 }] },
  { pauseMs: 200, faults: [{ kind: 'database refuses a node', node: 2, ms: 500 }] },
];

const missing = mongoUrlForTest() === null ? 'There is no MongoDB.' : missingRedis();

describeWith(missing, 'guarantee 13: three nodes under load', () => {
  const directory = useProcessFolder();

  test('lose, double, reorder and leave unanswered nothing, whatever breaks', async () => {
    const lines: string[] = [];
    const verdict = await runFleetFaults({
      directory,
      mongoUrl: present(mongoUrlForTest()),
      users: 1,
      steps: STEPS,
      random: new Random(1),
      responder: STREAMING_RESPONDER,
      log: (line) => lines.push(line),
    });
    process.stderr.write(`${summarize(STEPS.length, verdict)}\n`);
    expect(isFleetClean(verdict) ? [] : [...lines, verdict]).toEqual([]);
    expect(verdict.acknowledged).toBeGreaterThan(STEPS.length);
  }, 240_000);
});

test('the same seed gives the same plan, in which every kind of fault has its share', () => {
  const plan = (seed: number) => planFaults(new Random(seed), 500);
  expect(plan(7)).toEqual(plan(7));
  expect(plan(7)).not.toEqual(plan(8));
  const kinds = new Map<string, number>();
  for (const { kind } of plan(7).flatMap(({ faults }) => faults)) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  expect(kinds.size).toBe(21);
  expect(Math.min(...kinds.values())).toBeGreaterThan(5);
});
