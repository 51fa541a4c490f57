import { times } from '../../../testkit/builders';
import type { Random } from '../../../testkit/random';
import type { Cluster } from './cluster';
import type { Lie } from './lyingRelay';

type Part = 'node' | 'redis' | 'database';
type Undo = () => Promise<void> | void;

interface Kind {
  part: Part;
  /** How long it lasts, in milliseconds. */
  lasts: readonly [min: number, max: number];
  apply(cluster: Cluster, node: number): Promise<Undo> | Undo;
}

const LIES: readonly Lie[] = ['drop', 'double', 'reorder', 'forge'];

function restart(signal: 'SIGKILL' | 'SIGTERM'): Kind['apply'] {
  return async (cluster, index) => {
    const isOver = cluster.trouble(index);
    const node = cluster.node(index);
    const code = await node.end(signal);
    if (signal === 'SIGTERM' && code !== 0) node.crashes.push(`node-${index} stopped with ${code}`);
    return () => node.start().then(isOver);
  };
}

/** The database is away from these nodes. */
function databaseAway(nodesOf: (node: number) => number[], how: 'refuse' | 'hold'): Kind['apply'] {
  return (cluster, index) => {
    const undos = nodesOf(index).map((node): Undo => {
      const isOver = cluster.trouble(node);
      const { database } = cluster.node(node);
      database[how]();
      return async () => {
        if (how === 'refuse') await database.accept();
        else database.release();
        isOver();
      };
    });
    return async () => {
      await Promise.all(undos.map((undo) => undo()));
    };
  };
}

const lieTo = (lie: Lie, nodesOf: (cluster: Cluster, node: number) => number[]): Kind => ({
  part: 'redis',
  lasts: [500, 3_000],
  apply(cluster, index) {
    const relays = nodesOf(cluster, index).map((node) => cluster.node(node).relay);
    for (const relay of relays) relay.lie = lie;
    return () => {
      for (const relay of relays) relay.lie = 'none';
    };
  },
});

const ALL_NODES = [0, 1, 2];

const KINDS: Record<string, Kind> = {
  'node killed': { part: 'node', lasts: [0, 3_000], apply: restart('SIGKILL') },
  'node stopped': { part: 'node', lasts: [0, 1_000], apply: restart('SIGTERM') },
  'node frozen': {
    part: 'node',
    lasts: [300, 10_000],
    apply(cluster, index) {
      const isOver = cluster.trouble(index);
      cluster.node(index).freeze();
      return () => {
        cluster.node(index).thaw();
        isOver();
      };
    },
  },
  'Redis restarted empty': {
    part: 'redis',
    lasts: [0, 3_000],
    async apply({ redis }) {
      await redis.kill();
      return () => redis.restart();
    },
  },
  'Redis frozen': {
    part: 'redis',
    lasts: [300, 6_000],
    apply({ redis }) {
      redis.pause();
      return () => redis.resume();
    },
  },
  'Redis refuses a node': {
    part: 'redis',
    lasts: [300, 5_000],
    apply(cluster, index) {
      const { redis } = cluster.node(index);
      redis.refuse();
      return () => redis.accept();
    },
  },
  'Redis silent to a node': {
    part: 'redis',
    lasts: [300, 5_000],
    apply(cluster, index) {
      const { redis } = cluster.node(index);
      redis.hold();
      return () => redis.release();
    },
  },
  'Redis slow for a node': {
    part: 'redis',
    lasts: [500, 4_000],
    apply(cluster, index) {
      const { redis } = cluster.node(index);
      redis.delay(400);
      return () => redis.delay(0);
    },
  },
  'Redis split': {
    part: 'redis',
    lasts: [1_000, 6_000],
    apply(cluster, index) {
      const { redis } = cluster.node(index);
      redis.retarget(cluster.otherRedis.url);
      return () => redis.retarget(cluster.redis.url);
    },
  },
  ...Object.fromEntries(
    LIES.flatMap((lie) => [
      [`hints to a node: ${lie}`, lieTo(lie, (_, node) => [node])],
      [`hints to all nodes: ${lie}`, lieTo(lie, () => ALL_NODES)],
    ]),
  ),
  'database refuses a node': {
    part: 'database',
    lasts: [300, 6_000],
    apply: databaseAway((node) => [node], 'refuse'),
  },
  'database silent to a node': {
    part: 'database',
    lasts: [300, 6_000],
    apply: databaseAway((node) => [node], 'hold'),
  },
  'database refuses all nodes': {
    part: 'database',
    lasts: [300, 4_000],
    apply: databaseAway(() => ALL_NODES, 'refuse'),
  },
  'database silent to all nodes': {
    part: 'database',
    lasts: [300, 4_000],
    apply: databaseAway(() => ALL_NODES, 'hold'),
  },
};

/** The share of faults that meet another one. */
const SECOND_SHARE = 0.3;

interface Planned {
  kind: string;
  node: number;
  ms: number;
}

/** One fault, or two at the same time in different parts, after a time without any. */
export interface Step {
  pauseMs: number;
  faults: Planned[];
}

/** The same generator, in the same state, gives the same plan. */
export function planFaults(random: Random, count: number): Step[] {
  // Each part gets its share, however many kinds it has.
  const byPart = new Map<Part, string[]>();
  for (const [kind, { part }] of Object.entries(KINDS)) byPart.set(part, [...(byPart.get(part) ?? []), kind]);
  const plan = (part: Part): Planned => {
    const kind = random.pick(byPart.get(part) ?? []);
    const [min, max] = KINDS[kind]?.lasts ?? [0, 0];
    return { kind, node: random.between(0, ALL_NODES.length - 1), ms: random.between(min, max) };
  };
  return times(count, () => {
    const parts: Part[] = ['node', 'redis', 'database'];
    const part = random.pick(parts);
    const second = random.pick(parts.filter((other) => other !== part));
    const isSecond = random.next() < SECOND_SHARE;
    return { pauseMs: random.between(200, 1_500), faults: [plan(part), ...(isSecond ? [plan(second)] : [])] };
  });
}

export function describeStep({ faults }: Step): string {
  return faults.map(({ kind, node, ms }) => `${kind} (node-${node}, ${ms} ms)`).join(' + ');
}

/** Breaks what the step says, and repairs it after its time. Only the moments depend on the clock. */
export async function runStep(cluster: Cluster, { pauseMs, faults }: Step): Promise<void> {
  await pause(pauseMs);
  await Promise.all(
    faults.map(async ({ kind, node, ms }) => {
      const undo = await KINDS[kind]?.apply(cluster, node);
      await pause(ms);
      await undo?.();
    }),
  );
}

/** Faults, and the messages of devices, come at their own time. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
