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
    private readonly targetPort: number,
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

  cutAll(): void {
    for (const link of this.links) link.cut();
  }

  /** Holds all data in both directions until `release` is called. Connections stay open. */
  hold(): void {
    this.flow.isHeld = true;
  }

  /** Passes on the data that was held, in its order. */
  release(): void {
    this.flow.isHeld = false;
    for (const pipe of this.pipes) pipe.flush();
  }

  /** Delays the data that arrives from now on by this time, in each direction. The order of data stays. */
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
      new Pipe(this.flow, client, (data) => this.pass('toServer', data, link)),
      new Pipe(this.flow, server, (data) => this.pass('toClient', data, link)),
    ];
    for (const pipe of pipes) this.pipes.add(pipe);
    for (const end of [client, server]) {
      end.setNoDelay();
      end.on('error', link.cut);
      end.on('close', () => {
        link.cut();
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

/** One direction of a link: passes data on in its order, when it is due and not held. */
class Pipe {
  private queue: { data: Buffer; dueAt: number }[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly flow: Flow,
    source: Socket,
    private readonly pass: (data: Buffer) => void,
  ) {
    source.on('data', (data) => {
      this.queue.push({ data, dueAt: performance.now() + flow.delayMs });
      this.flush();
    });
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
      this.pass(next.data);
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
