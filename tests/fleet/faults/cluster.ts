import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { times } from '../../../testkit/builders';
import { Random } from '../../../testkit/random';
import { type RedisServer, startRedisProcess } from '../../../testkit/redisProcess';
import {
  freePort,
  freeze,
  type ServerProcess,
  startProcess,
  TEST_ENVIRONMENT,
} from '../../../testkit/serverProcess';
import { TcpProxy } from '../../../testkit/tcpProxy';
import { Balancer } from './balancer';
import { LyingRelay } from './lyingRelay';

const NODES = 3;
/** How often a node that exits at its start, because its database is away, is started again. */
const START_ATTEMPTS = 10;

/** A time in which a node could not do its work, because it was stopped, frozen or without its database. */
interface Trouble {
  node: number;
  from: number;
  to: number;
}

/** A built server with relays of its own to the database and to Redis. */
export class ClusterNode {
  /** Why the process ended without being asked to. */
  crashes: string[] = [];
  private process: ServerProcess | null = null;
  private isExpected = false;

  constructor(
    readonly url: string,
    readonly database: TcpProxy,
    readonly redis: TcpProxy,
    readonly relay: LyingRelay,
    private readonly directory: string,
    private readonly environment: Record<string, string>,
  ) {}

  /** Starts it as a supervisor does: once more if it exits because the database is away. */
  async start(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      this.isExpected = false;
      const process = startProcess(this.directory, this.environment);
      this.process = process;
      try {
        await process.listening;
      } catch (error) {
        if (attempt < START_ATTEMPTS) continue;
        throw error;
      }
      void process.exited.then((code) => {
        appendFileSync(join(this.directory, 'output.log'), `${process.output()}\nended: ${code}\n`);
        if (!this.isExpected)
          this.crashes.push(`${this.url} ended with ${code}:\n${process.output().slice(-2_000)}`);
      });
      return;
    }
  }

  /** Ends it, and resolves with the exit code or the signal. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | NodeJS.Signals | null> {
    this.isExpected = true;
    this.process?.child.kill(signal);
    return this.process?.exited ?? null;
  }

  freeze(): void {
    if (this.process) freeze(this.process.child);
  }

  thaw(): void {
    this.process?.child.kill('SIGCONT');
  }
}

/** Three nodes on one MongoDB and one Redis behind a load balancer, in which everything can be broken. */
export class Cluster {
  private readonly troubles: Trouble[] = [];

  private constructor(
    readonly nodes: readonly ClusterNode[],
    readonly redis: RedisServer,
    /** What a node is connected to when Redis is split. */
    readonly otherRedis: RedisServer,
    readonly balancer: Balancer,
  ) {}

  /** Starts all parts. The logs and files of the nodes go to `directory`. */
  static async start(
    directory: string,
    mongoUrl: string,
    environment: Record<string, string>,
  ): Promise<Cluster> {
    const [redis, otherRedis] = await Promise.all([startRedisProcess(), startRedisProcess()]);
    const nodes = await Promise.all(
      times(NODES, async (index) => {
        const [database, toRedis] = [await TcpProxy.to(mongoUrl), await TcpProxy.to(redis.url)];
        const port = await freePort();
        const through = new URL(mongoUrl);
        through.host = database.host;
        through.searchParams.set('directConnection', 'true');
        const complete = {
          ...TEST_ENVIRONMENT,
          ...environment,
          PORT: String(port),
          DATABASE_URL: through.href,
          REDIS_URL: `redis://${toRedis.host}`,
          NODE_ID: `node-${index}`,
          WEB_CLIENT: 'off',
        };
        const relay = new LyingRelay(toRedis, new Random(index));
        const url = `http://127.0.0.1:${port}`;
        const node = new ClusterNode(url, database, toRedis, relay, directory, complete);
        await node.start();
        return node;
      }),
    );
    const balancer = await Balancer.before(nodes.map(({ url }) => url));
    return new Cluster(nodes, redis, otherRedis, balancer);
  }

  get url(): string {
    return this.balancer.url;
  }

  node(index: number): ClusterNode {
    const node = this.nodes[index];
    if (!node) throw new Error(`There is no node ${index}`);
    return node;
  }

  /** Notes that the node can't do its work from now on. The returned function notes the end. */
  trouble(node: number): () => void {
    const trouble = { node, from: performance.now(), to: Number.POSITIVE_INFINITY };
    this.troubles.push(trouble);
    return () => {
      trouble.to = performance.now();
    };
  }

  /** When the last trouble of the node, or of any, that began before `until` ended; 0 if there was none, infinite while it lasts. */
  endOfTrouble(until: number, node?: number): number {
    const earlier = this.troubles.filter(
      (trouble) => trouble.from < until && (node ?? trouble.node) === trouble.node,
    );
    return Math.max(0, ...earlier.map(({ to }) => to));
  }

  /** Stops all nodes gracefully. Resolves with what went wrong. */
  async stopNodes(): Promise<string[]> {
    const codes = await Promise.all(this.nodes.map((node) => node.end('SIGTERM')));
    const exits = codes.flatMap((code, index) => (code === 0 ? [] : [`node-${index} stopped with ${code}`]));
    return [...exits, ...this.nodes.flatMap(({ crashes }) => crashes)];
  }

  /** Ends everything that still runs, in whatever state it is. */
  async end(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.end('SIGKILL')));
    this.balancer.close();
    for (const { database, redis } of this.nodes) for (const proxy of [database, redis]) proxy.refuse();
    await Promise.all([this.redis.kill(), this.otherRedis.kill()]);
  }
}
