import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Both ends of one connection through the proxy. */
export interface Link {
  client: Socket;
  server: Socket;
  cut(): void;
}

/** Decides what becomes of data on its way; without one the data goes on. */
export interface Interference {
  toServer?(data: Buffer, link: Link): unknown;
  toClient?(data: Buffer, link: Link): unknown;
}

/** A TCP connection to a server that a test can cut wherever it likes. */
export class TcpProxy {
  interference: Interference = {};
  private listener: Server | null = null;
  private readonly links = new Set<Link>();

  private constructor(
    private readonly targetPort: number,
    private port: number,
  ) {}

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
    this.port = addressOf(listener).port;
    this.listener = listener;
  }

  /** Cuts all connections, and refuses new ones until it is told to accept them again. */
  refuse(): void {
    this.listener?.close();
    this.listener = null;
    this.cutAll();
  }

  cutAll(): void {
    for (const link of this.links) link.cut();
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
    for (const end of [client, server]) {
      end.setNoDelay();
      end.on('error', link.cut);
      end.on('close', () => {
        link.cut();
        this.links.delete(link);
      });
    }
    client.on('data', (data) => this.pass('toServer', data, link));
    server.on('data', (data) => this.pass('toClient', data, link));
  }

  private pass(direction: 'toServer' | 'toClient', data: Buffer, link: Link): void {
    const interfere = this.interference[direction];
    if (interfere) interfere(data, link);
    else (direction === 'toServer' ? link.server : link.client).write(data);
  }
}

function addressOf(listener: Server): AddressInfo {
  const address = listener.address();
  if (typeof address === 'object' && address) return address;
  throw new Error('the listener has no port');
}
