import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

const CHECK_MS = 250;
const CHECK_TIMEOUT_MS = 1_500;
const CHECKS_UNTIL_DOWN = 2;
const CONNECT_TIMEOUT_MS = 500;

interface Backend {
  url: string;
  /** Failed checks in a row. */
  failures: number;
  sockets: Set<Socket>;
}

/**
 * A TCP load balancer before several nodes: connections go to one node after the other. A node whose `/readyz` is not 200 gets none, and
 * those that it has are cut, as HAProxy does with `on-marked-down shutdown-sessions`.
 */
export class Balancer {
  private turn = 0;
  private checks: NodeJS.Timeout | undefined;
  private readonly clients = new Set<Socket>();

  private constructor(
    private readonly backends: readonly Backend[],
    private readonly listener: Server,
    readonly url: string,
  ) {}

  static async before(urls: readonly string[]): Promise<Balancer> {
    const listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port }: AddressInfo = Object(listener.address());
    const backends = urls.map((url) => ({ url, failures: 0, sockets: new Set<Socket>() }));
    const balancer = new Balancer(backends, listener, `http://127.0.0.1:${port}`);
    listener.on('connection', (client) => void balancer.accept(client));
    balancer.checks = setInterval(() => {
      for (const backend of backends) void balancer.check(backend);
    }, CHECK_MS);
    return balancer;
  }

  close(): void {
    clearInterval(this.checks);
    this.listener.close();
    for (const client of this.clients) client.destroy();
  }

  private async accept(client: Socket): Promise<void> {
    this.clients.add(client);
    client.on('error', () => {});
    client.once('close', () => this.clients.delete(client));
    for (let attempt = 0; attempt < this.backends.length && !client.destroyed; attempt += 1) {
      const backend = this.next();
      const server = backend && (await open(backend));
      if (!backend || !server) continue;
      backend.sockets.add(server);
      server.on('error', () => {});
      server.once('close', () => {
        backend.sockets.delete(server);
        client.destroy();
      });
      client.once('close', () => server.destroy());
      if (client.destroyed) server.destroy();
      server.pipe(client);
      client.pipe(server);
      return;
    }
    client.destroy();
  }

  private next(): Backend | undefined {
    const up = this.backends.filter(({ failures }) => failures < CHECKS_UNTIL_DOWN);
    this.turn += 1;
    return up[this.turn % up.length];
  }

  private async check(backend: Backend): Promise<void> {
    const signal = AbortSignal.timeout(CHECK_TIMEOUT_MS);
    const response = await fetch(`${backend.url}/readyz`, { signal }).catch(() => null);
    await response?.text().catch(() => {});
    backend.failures = response?.status === 200 ? 0 : backend.failures + 1;
    if (backend.failures >= CHECKS_UNTIL_DOWN) for (const socket of backend.sockets) socket.destroy();
  }
}

/** Null if the node does not accept the connection. */
async function open({ url }: Backend): Promise<Socket | null> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1').setNoDelay();
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(CONNECT_TIMEOUT_MS) });
    return socket;
  } catch {
    socket.destroy();
    return null;
  }
}
