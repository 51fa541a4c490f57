import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { availableParallelism } from 'node:os';
import { missingRedis, type RedisServer, startRedisProcess } from '../../testkit/redisProcess';
import { type SeededUser, seedUsersIn } from '../../testkit/seeding';
import { inTemporaryFolder, type ServerProcess, stopProcess } from '../../testkit/serverProcess';
import type { Benchmark, Finding, Scale } from '../finding';
import { FrameSocket } from '../load/frameSocket';
import { generate } from '../load/generate';
import { MEMORY_PROBE, memoryOf } from '../support/memory';
import { type MongoUnderTest, mongoUnderTest, newDatabase } from '../support/mongoDatabase';
import { cpuFileOf, cpuSecondsIn } from '../support/process';
import { startOurs } from '../support/servers';
import { compare, format, type Pair, spreadOf } from '../support/statistics';
import { join, memoryPerConnection } from './memory';

const NODES = 3;
const ROUNDS = 3;
const RATE_GOAL = 0.9;
const CONNECTIONS = 24;
const IN_FLIGHT = 2;
const MEASURE_MS = 3_000;
const REMOTE_GOAL_MS = 10;
const REMOTE_MESSAGES = 300;
const REMOTE_INTERVAL_MS = 20;
/** How long the last echoes may take, in milliseconds. */
const REMOTE_TIMEOUT_MS = 30_000;
const IDLE_CONNECTIONS = 1_000;
const MEMORY_GOAL_KB = 1;
const PUBLISH_GOAL = 1;

interface Place {
  directory: string;
  redis: RedisServer;
  mongo: MongoUnderTest;
  scale: Scale;
}

/**
 * Measures what several nodes cost: three nodes against one on the same MongoDB, which is at `TEST_MONGODB_URL` and shares the cores with
 * them, as the load generators do.
 */
export const fleet: Benchmark = {
  name: 'fleet',
  async run(log, scale) {
    const mongo = mongoUnderTest();
    const missing = mongo ? missingRedis() : 'TEST_MONGODB_URL is not set';
    if (!mongo || missing !== null) {
      log(`SKIPPED: ${missing}`);
      return [];
    }
    const redis = await startRedisProcess();
    try {
      return await inTemporaryFolder(async (directory) => {
        const place = { directory, redis, mongo, scale };
        return [
          ...(await measureRate(place, log)),
          await measureRemote(place, log),
          await measureMemory(place, log),
        ];
      });
    } finally {
      await redis.kill();
    }
  },
};

interface Load {
  perSecond: number;
  /** Of all nodes, for an exchange. */
  cpuMicroseconds: number;
  publishes: number;
}

async function measureRate(place: Place, log: (line: string) => void): Promise<Finding[]> {
  const rates: Pair[] = [];
  const cpu: Pair[] = [];
  const publishes: number[] = [];
  for (let round = 0; round < place.scale(ROUNDS); round += 1) {
    const one = await underLoad(place, 1);
    const three = await underLoad(place, NODES);
    for (const [count, { perSecond, cpuMicroseconds }] of [
      [1, one],
      [NODES, three],
    ] as const) {
      log(
        `${count} nodes: ${Math.round(perSecond)} exchanges a second, ${Math.round(cpuMicroseconds)} µs of CPU each`,
      );
    }
    rates.push({ ours: three.perSecond, other: one.perSecond });
    cpu.push({ ours: three.cpuMicroseconds, other: one.cpuMicroseconds });
    publishes.push(three.publishes);
  }
  const { ours, other, ratio } = compare(rates);
  const used = compare(cpu);
  const sent = spreadOf(publishes);
  return [
    {
      what: `three nodes on MongoDB (${place.mongo.kind}), all on ${availableParallelism()} cores: exchanges a second, ${CONNECTIONS} connections × ${IN_FLIGHT} in flight`,
      ours: format(ours),
      compared: `${format(other)} one node; CPU of the nodes for an exchange ${format(used.ours)} : ${format(used.other)} µs`,
      ratio: format(ratio, 2),
      goal: `≥ ${RATE_GOAL}`,
      isReached: ratio.median >= RATE_GOAL,
    },
    {
      what: 'commands to Redis for an exchange on three nodes',
      ours: format(sent, 2, ' PUBLISH'),
      compared: '',
      ratio: '',
      goal: `≤ ${PUBLISH_GOAL}`,
      isReached: sent.median <= PUBLISH_GOAL,
    },
  ];
}

/** The same load, from the same number of generators, on new nodes and a new database. */
async function underLoad(place: Place, count: number): Promise<Load> {
  const { nodes, urls, users } = await startNodes(place, count, CONNECTIONS);
  try {
    const shares = Array.from({ length: NODES }, (_, share) => ({
      url: urls[share % urls.length] ?? '',
      users: users.filter((_user, index) => index % NODES === share),
    }));
    const run = (warmUpMs: number, measureMs: number) =>
      Promise.all(
        shares.map((share) =>
          generate({
            ...share,
            warmUpMs,
            measureMs,
            load: { kind: 'closed', inFlight: IN_FLIGHT },
          }),
        ),
      );
    await run(0, place.scale(1_000));
    const before = { cpu: cpuOf(nodes), sent: await publishesOf(place.redis), at: performance.now() };
    const results = await run(0, place.scale(MEASURE_MS));
    const exchanges = results.reduce((sum, { answered }) => sum + answered, 0);
    const pulses = (count * (performance.now() - before.at)) / 1_000;
    return {
      perSecond: results.reduce((sum, { perSecond }) => sum + perSecond, 0),
      cpuMicroseconds: ((cpuOf(nodes) - before.cpu) / exchanges) * 1e6,
      publishes: Math.max(0, (await publishesOf(place.redis)) - before.sent - pulses) / exchanges,
    };
  } finally {
    await Promise.all(nodes.map(stopProcess));
  }
}

/** Measures how much later a device on another node hears an echo than a device on the same node. */
async function measureRemote(place: Place, log: (line: string) => void): Promise<Finding> {
  const pairs: Pair[] = [];
  for (let round = 0; round < place.scale(ROUNDS); round += 1) {
    const { nodes, urls, users } = await startNodes(place, NODES, 1);
    const [user] = users;
    if (!user) throw new Error('There is no user');
    const pair = await echoTimes(urls, user, place.scale(REMOTE_MESSAGES));
    log(
      `p99 of the echo: ${pair.ours.toFixed(1)} ms on another node, ${pair.other.toFixed(1)} ms on the same one`,
    );
    pairs.push(pair);
    await Promise.all(nodes.map(stopProcess));
  }
  const { ours, other } = compare(pairs);
  const later = spreadOf(pairs.map((pair) => pair.ours - pair.other));
  return {
    what: `p99 of the echo on another node, ${1_000 / REMOTE_INTERVAL_MS} messages a second`,
    ours: format(ours, 1, ' ms'),
    compared: `${format(other, 1, ' ms')} on the same node`,
    ratio: `${format(later, 1, ' ms')} later`,
    goal: `≤ ${REMOTE_GOAL_MS} ms later`,
    isReached: later.median <= REMOTE_GOAL_MS,
  };
}

async function echoTimes(
  [here = '', there = '']: readonly string[],
  user: SeededUser,
  messages: number,
): Promise<Pair> {
  const sockets = await Promise.all([here, here, there].map((url) => FrameSocket.open(url, user.token)));
  const [sender, local, remote] = sockets;
  if (!sender || !local || !remote) throw new Error('A connection is missing');
  for (const socket of sockets) await join(socket, user.sessionId);
  const sentAt: number[] = [];
  const heard = [local, remote].map((socket) => {
    const times: number[] = [];
    socket.onFrame = (frame) => {
      if (!frame.includes('"sender":"server"')) return;
      const number = /"content":"message (\d+)"/.exec(frame)?.[1];
      if (number !== undefined) times[Number(number)] = performance.now() - (sentAt[Number(number)] ?? 0);
    };
    return times;
  });
  for (let number = 0; number < messages; number += 1) {
    sentAt[number] = performance.now();
    const content = `message ${number}`;
    sender.send(`42["message",{"sessionId":"${user.sessionId}","content":"${content}"}]`);
    await new Promise((resolve) => setTimeout(resolve, REMOTE_INTERVAL_MS));
  }
  const giveUpAt = performance.now() + REMOTE_TIMEOUT_MS;
  while (heard.some((times) => times.filter(Number.isFinite).length < messages)) {
    if (performance.now() > giveUpAt) throw new Error('A device has not received every echo');
    await new Promise((resolve) => setTimeout(resolve, REMOTE_INTERVAL_MS));
  }
  for (const socket of sockets) socket.close();
  const [other = 0, ours = 0] = heard.map(
    (times) => times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0,
  );
  return { ours, other };
}

/** Compares the memory of an idle connection to a node with and without Redis. */
async function measureMemory(place: Place, log: (line: string) => void): Promise<Finding> {
  const pairs: Pair[] = [];
  for (let round = 0; round < place.scale(ROUNDS); round += 1) {
    const measure = async (redisUrl: string | null) => {
      const database = newDatabase(place.mongo);
      const users = await seedUsersIn(database, place.scale(IDLE_CONNECTIONS));
      const environment = { DATABASE_URL: database.url, ...(redisUrl !== null && { REDIS_URL: redisUrl }) };
      const server = startOurs(place.directory, MEMORY_PROBE, environment);
      return (await memoryPerConnection(server, users, memoryOf, 0)) / 1024;
    };
    const pair = { other: await measure(null), ours: await measure(place.redis.url) };
    log(`${pair.ours.toFixed(1)} KB a connection with Redis, ${pair.other.toFixed(1)} KB without`);
    pairs.push(pair);
  }
  const { ours, other } = compare(pairs);
  const more = spreadOf(pairs.map((pair) => pair.ours - pair.other));
  return {
    what: `memory of an idle connection with \`REDIS_URL\`, of ${IDLE_CONNECTIONS.toLocaleString('en')}`,
    ours: format(ours, 1, ' KB'),
    compared: `${format(other, 1, ' KB')} without`,
    ratio: `${format(more, 1, ' KB')} more`,
    goal: `≤ ${MEMORY_GOAL_KB} KB more`,
    isReached: more.median <= MEMORY_GOAL_KB,
  };
}

/** Nodes on a new database with users in it. One node runs without Redis, as it would alone. */
async function startNodes({ directory, redis, mongo }: Place, count: number, userCount: number) {
  const database = newDatabase(mongo);
  const users = await seedUsersIn(database, userCount);
  const nodes: ServerProcess[] = [];
  const urls: string[] = [];
  while (nodes.length < count) {
    const environment = { DATABASE_URL: database.url, ...(count > 1 && { REDIS_URL: redis.url }) };
    const node = startOurs(directory, [], { ...environment, NODE_ID: randomUUID().slice(0, 8) });
    nodes.push(node);
    urls.push(await node.listening);
  }
  return { nodes, urls, users };
}

/** The CPU time that the processes have used, in seconds. */
function cpuOf(nodes: readonly ServerProcess[]): number {
  return nodes.reduce((sum, node) => sum + cpuSecondsIn(cpuFileOf(node)), 0);
}

/** How many PUBLISH commands Redis has had. */
async function publishesOf({ url }: RedisServer): Promise<number> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write('INFO commandstats\r\n');
  let text = '';
  socket.on('data', (data) => {
    text += data.toString();
    // The answer begins with its length.
    const [head, length] = /^\$(\d+)\r\n/.exec(text) ?? [];
    if (head && text.length >= head.length + Number(length)) socket.end();
  });
  await once(socket, 'close');
  return Number(/cmdstat_publish:calls=(\d+)/.exec(text)?.[1] ?? 0);
}
