import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  request as requestOf,
  type Server,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

/** A server of several nodes, as a client sees it. */
export interface RoundRobin {
  url: string;
  close(): Promise<void>;
}

/** A node: its id, with which the ids of its connections begin, and its address. */
export interface BalancedNode {
  nodeId: string;
  url: string;
}

/**
 * Starts a load balancer that sends each request and each WebSocket to the next node, and requests of a polling connection to its own one.
 * It passes on everything as it comes, and ends a connection whose other side has ended.
 */
export async function startRoundRobin(nodes: readonly BalancedNode[]): Promise<RoundRobin> {
  const sockets = new Set<Socket>();
  let next = 0;

  function hostFor(request: IncomingMessage): { host: string; port: number } {
    const sid = new URL(request.url ?? '/', 'http://localhost').searchParams.get('sid');
    const own = nodes.find(({ nodeId }) => sid?.startsWith(`${nodeId}.`));
    next = (next + 1) % nodes.length;
    const { hostname: host, port } = new URL((own ?? nodes[next])?.url ?? '');
    return { host, port: Number(port) };
  }

  function forward(request: IncomingMessage, response: ServerResponse): void {
    const { method, url: path, rawHeaders: headers } = request;
    const forwarded = requestOf({ ...hostFor(request), method, path, headers, agent: false, setHost: false });
    forwarded.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, answer.rawHeaders);
      answer.pipe(response);
      answer.on('error', () => response.destroy());
    });
    forwarded.on('error', () => response.destroy());
    response.on('close', () => forwarded.destroy());
    request.pipe(forwarded);
  }

  function upgrade(request: IncomingMessage, client: Socket, head: Buffer): void {
    const lines = [`${request.method} ${request.url} HTTP/1.1`];
    for (let index = 0; index < request.rawHeaders.length; index += 2) {
      lines.push(`${request.rawHeaders[index]}: ${request.rawHeaders[index + 1]}`);
    }
    const node = connect(hostFor(request), () => {
      node.write(`${lines.join('\r\n')}\r\n\r\n`);
      node.write(head);
      client.pipe(node).pipe(client);
    });
    for (const [socket, other] of [
      [client, node],
      [node, client],
    ] as const) {
      // What has come from it still goes to the other side.
      socket.on('error', () => {}).on('close', () => other.destroySoon());
    }
  }

  const server: Server = createServer(forward)
    .on('upgrade', upgrade)
    .on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    });
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port }: AddressInfo = Object(server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
