import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Both ends of one connection through the proxy. */
export interface Link {
  client: Socket;
  server: Socket;
  cut(): void;
}

/** Handles data in place of the proxy, which passes it on unchanged where there is no handler. */
export interface Interference {
  toServer?(data: Buffer, link: Link): unknown;
  toClient?(data: Buffer, link: Link): unknown;
}

/** How all links of a proxy pass data on. */
interface Flow {
  isHeld: boolean;
  delayMs: number;
}

/** A TCP proxy in front of a server, with which a test cuts, holds or delays connections. */
export class TcpProxy {
  interference: Interference = {};
  private listener: Server | null = null;
  private readonly links = new Set<Link>();
  private readonly pipes = new Set<Pipe>();
  private readonly flow: Flow = { isHeld: false, delayMs: 0 };

  private constructor(
    private targetPort: number,
    private port: number,
  ) {}

  /** Starts a proxy to the server of this URL, which must be on loopback. */
  static async to(targetUrl: string): Promise<TcpProxy> {
    const proxy = new TcpProxy(Number(new URL(targetUrl).port), 0);
    await proxy.accept();
    return proxy;
  }

  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Listens, always on the same port. */
  async accept(): Promise<void> {
    if (this.listener) return;
    const listener = createServer((client) => this.link(client)).listen(this.port, '127.0.0.1');
    await once(listener, 'listening');
    this.port = portOf(listener);
    this.listener = listener;
  }

  /** Cuts all connections, and refuses new ones until `accept` is called. */
  refuse(): void {
    this.listener?.close();
    this.listener = null;
    this.cutAll();
  }

  /** Cuts all connections; new ones go to the server of this URL. */
  retarget(targetUrl: string): void {
    this.targetPort = Number(new URL(targetUrl).port);
    this.cutAll();
  }

  cutAll(): void {
    for (const link of this.links) link.cut();
  }

  /** Holds all data in both directions, and the ends of connections, until `release` is called. */
  hold(): void {
    this.flow.isHeld = true;
  }

  /** Passes on what was held, in its order. */
  release(): void {
    this.flow.isHeld = false;
    for (const pipe of this.pipes) pipe.flush();
  }

  /** Delays what arrives from now on by this time, in each direction: data, and then the end of its connection. */
  delay(milliseconds: number): void {
    this.flow.delayMs = milliseconds;
  }

  private link(client: Socket): void {
    const server = connect(this.targetPort, '127.0.0.1');
    const link: Link = {
      client,
      server,
      cut: () => {
        client.destroy();
        server.destroy();
      },
    };
    this.links.add(link);
    const pipes = [
      new Pipe(this.flow, client, (data) => this.pass('toServer', data, link), link.cut),
      new Pipe(this.flow, server, (data) => this.pass('toClient', data, link), link.cut),
    ];
    for (const pipe of pipes) this.pipes.add(pipe);
    for (const end of [client, server]) {
      end.setNoDelay();
      // A connection that was reset is closed next.
      end.on('error', () => {});
      end.on('close', () => {
        if (!client.closed || !server.closed) return;
        this.links.delete(link);
        for (const pipe of pipes) {
          pipe.close();
          this.pipes.delete(pipe);
        }
      });
    }
  }

  private pass(direction: keyof Interference, data: Buffer, link: Link): void {
    const interfere = this.interference[direction];
    if (interfere) interfere(data, link);
    else (direction === 'toServer' ? link.server : link.client).write(data);
  }
}

/** One direction of a link: passes on data in its order and then the end, when each is due and not held. */
class Pipe {
  private queue: { data: Buffer | null; dueAt: number }[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly flow: Flow,
    source: Socket,
    private readonly pass: (data: Buffer) => void,
    private readonly passEnd: () => void,
  ) {
    source.on('data', (data) => this.take(data));
    source.on('close', () => this.take(null));
  }

  private take(data: Buffer | null): void {
    this.queue.push({ data, dueAt: performance.now() + this.flow.delayMs });
    this.flush();
  }

  flush(): void {
    clearTimeout(this.timer);
    while (!this.flow.isHeld) {
      const next = this.queue[0];
      if (!next) return;
      const waitMs = next.dueAt - performance.now();
      if (waitMs > 0) {
        this.timer = setTimeout(() => this.flush(), waitMs);
        return;
      }
      this.queue.shift();
      if (next.data === null) this.passEnd();
      else this.pass(next.data);
    }
  }

  close(): void {
    clearTimeout(this.timer);
    this.queue = [];
  }
}

function portOf(listener: Server): AddressInfo['port'] {
  const address = listener.address();
  if (typeof address === 'object' && address) return address.port;
  throw new Error('The proxy has no port');
}
