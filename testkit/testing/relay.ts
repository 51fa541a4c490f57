import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse, request as sendRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Delivery, fieldOf, PacketReader, userOfToken } from './packets';
import { type Forward, PollingConnection } from './pollingConnection';
import { type NetworkFault, readBody, type TrafficRules, type Treatment, withoutHopHeaders } from './traffic';
import { WebSocketLink } from './webSocketLink';

const HOST = '127.0.0.1';
const LOGIN_PATHS = /^\/api\/auth\/(login|refresh)\b/;
const SEND_PATH = /^\/api\/sessions\/[^/]+\/messages(\?|$)/;

/** The connection of a client, and the user who was last seen on it. */
interface Connection {
  userId: string | null;
}

/**
 * Stands between clients and the server, which moves to another port when it is restarted. It understands HTTP, and Socket.IO over
 * WebSocket and long-polling, well enough to apply faults to single acknowledgements and messages.
 */
export class Relay implements TrafficRules {
  /** The port of the server; null while it is down. */
  targetPort: number | null = null;
  private readonly faults = new Set<NetworkFault>();
  /** User ids by username and email, for requests that carry no token. */
  private readonly names = new Map<string, string>();
  private readonly connections = new Map<Duplex, Connection>();
  private readonly polling = new Map<string, PollingConnection>();
  private readonly listener = createServer();
  url = '';

  /** Rejects with the system's error if the port is taken. 0 is any free port. */
  static async start(port: number): Promise<Relay> {
    const relay = new Relay();
    const { listener } = relay;
    listener.on('connection', (socket) => relay.accept(socket));
    listener.on('request', (request, response) => {
      // The client may close its connection in the middle of a request.
      relay.serve(request, response).catch(() => request.socket.destroy());
    });
    listener.on('upgrade', (request, socket, head) => relay.upgrade(request, socket, head));
    listener.listen(port, HOST);
    await once(listener, 'listening');
    const address = listener.address();
    if (typeof address !== 'object' || !address) throw new Error('The relay has no port');
    relay.url = `http://${HOST}:${address.port}`;
    return relay;
  }

  know(userId: string, ...names: readonly string[]): void {
    for (const name of names) this.names.set(name.toLowerCase(), userId);
  }

  /** Applies a fault from now on. A cut also closes the connections that exist. */
  add(fault: NetworkFault): void {
    this.faults.add(fault);
    if (!fault.isCut) return;
    for (const [socket, { userId }] of this.connections) if (concerns(fault, userId)) socket.destroy();
  }

  remove(fault: NetworkFault): void {
    this.faults.delete(fault);
  }

  async close(): Promise<void> {
    this.listener.close();
    for (const socket of this.connections.keys()) socket.destroy();
    await once(this.listener, 'close');
  }

  hold(userId: string | null): Promise<unknown> | undefined {
    const holds = this.faultsOf(userId).flatMap((fault) => fault.hold?.() ?? []);
    return holds.length > 0 ? Promise.all(holds) : undefined;
  }

  private faultsOf(userId: string | null): NetworkFault[] {
    return [...this.faults].filter((fault) => concerns(fault, userId));
  }

  private isCut(userId: string | null): boolean {
    return this.targetPort === null || this.faultsOf(userId).some(({ isCut }) => isCut);
  }

  /** Every fault counts the delivery; the first one that does not let it pass decides. */
  treat(delivery: Delivery | null, userId: string | null): Treatment {
    if (delivery === null) return 'pass';
    const treatments = this.faultsOf(userId).map((fault) => fault.onDelivery?.(delivery) ?? 'pass');
    return treatments.find((treatment) => treatment !== 'pass') ?? 'pass';
  }

  private accept(socket: Socket): void {
    socket.on('error', () => {});
    if (this.isCut(null)) return void socket.destroy();
    socket.setNoDelay();
    this.connections.set(socket, { userId: null });
    socket.once('close', () => this.connections.delete(socket));
  }

  admit(socket: Duplex, userId: string | null): boolean {
    const connection = this.connections.get(socket);
    if (connection && userId !== null) connection.userId = userId;
    if (!this.isCut(userId)) return true;
    socket.destroy();
    return false;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url = '', method, socket } = request;
    const target = new URL(url, this.url);
    if (target.pathname.startsWith('/socket.io/') && target.searchParams.get('transport') === 'polling')
      return this.poll(request, response, target.searchParams.get('sid'));
    const body = LOGIN_PATHS.test(url) ? await readBody(request) : null;
    const userId = (body && this.userOfLogin(body.toString())) ?? userOfHeaders(request);
    if (!this.admit(socket, userId)) return;
    await this.hold(userId);
    const isSend = method === 'POST' && SEND_PATH.test(url);
    this.forward(request, body, socket, async (answer) => {
      await this.hold(userId);
      const { statusCode = 500 } = answer;
      const treatment = this.treat(isSend && statusCode < 300 ? 'ack' : null, userId);
      if (treatment === 'cut' || !this.admit(socket, userId)) return void socket.destroy();
      await treatment;
      response.writeHead(statusCode, withoutHopHeaders(answer.rawHeaders));
      answer.pipe(response);
    });
  }

  private async poll(request: IncomingMessage, response: ServerResponse, sid: string | null): Promise<void> {
    const { socket, method } = request;
    const connection = sid === null ? undefined : this.polling.get(sid);
    const userId = connection?.reader.userId ?? userOfHeaders(request);
    if (!this.admit(socket, userId)) return;
    if (connection && method === 'GET') return connection.poll(request, response);
    const body = await readBody(request);
    connection?.readFromClient(body.toString());
    if (!this.admit(socket, connection?.reader.userId ?? userId)) return;
    await this.hold(userId);
    this.forward(request, body, socket, async (answer) => {
      const text = await readBody(answer);
      const opened = sid === null ? fieldOf(text.toString().slice(1), 'sid') : undefined;
      if (typeof opened === 'string') this.openPolling(opened, userId, answer);
      response.writeHead(answer.statusCode ?? 500, withoutHopHeaders(answer.rawHeaders));
      response.end(text);
    });
  }

  private openPolling(sid: string, userId: string | null, { rawHeaders }: IncomingMessage): void {
    const headers = withoutHopHeaders(rawHeaders, /^content-length$/i);
    const forward: Forward = (request, onAnswer) => this.forward(request, null, request.socket, onAnswer);
    this.polling.set(sid, new PollingConnection(new PacketReader(userId), headers, this, forward));
  }

  /** Sends a request on to the server. If it is down, the connection of the client is closed. */
  private forward(
    request: IncomingMessage,
    body: Buffer | null,
    socket: Duplex,
    onAnswer: (answer: IncomingMessage) => Promise<void>,
  ): void {
    if (this.targetPort === null) return void socket.destroy();
    const headers = [...withoutHopHeaders(request.rawHeaders), 'Connection', 'close'];
    const { method, url: path } = request;
    const forwarded = sendRequest({ host: HOST, port: this.targetPort, method, path, headers, agent: false });
    let isAnswered = false;
    forwarded.on('response', (answer) => {
      isAnswered = true;
      answer.on('error', () => socket.destroy());
      void onAnswer(answer).catch(() => socket.destroy());
    });
    forwarded.on('error', () => {
      // A server may respond before it has read the whole request, and then close the connection.
      if (!isAnswered) socket.destroy();
    });
    const abort = () => forwarded.destroy();
    socket.once('close', abort);
    forwarded.once('close', () => socket.off('close', abort));
    if (body) forwarded.end(body);
    else request.pipe(forwarded);
  }

  private upgrade(request: IncomingMessage, client: Duplex, head: Buffer): void {
    const userId = userOfHeaders(request);
    if (this.targetPort === null || !this.admit(client, userId)) return void client.destroy();
    const server = connect(this.targetPort, HOST).setNoDelay();
    const before = this.polling.get(new URL(request.url ?? '', this.url).searchParams.get('sid') ?? '');
    const link = new WebSocketLink(client, server, before?.reader ?? new PacketReader(userId), this);
    if (before) before.link = link;
    server.write(requestHead(request));
    if (head.length > 0) link.readFromClient(head);
  }

  private userOfLogin(body: string): string | null {
    const refreshToken = fieldOf(body, 'refreshToken');
    if (typeof refreshToken === 'string') return userOfToken(refreshToken);
    const name = fieldOf(body, 'email') ?? fieldOf(body, 'username');
    return this.names.get(String(name).toLowerCase()) ?? null;
  }
}

function concerns(fault: NetworkFault, userId: string | null): boolean {
  return fault.userId === null || fault.userId === userId;
}

function userOfHeaders({ headers }: IncomingMessage): string | null {
  return userOfToken(/^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1]);
}

function requestHead({ method, url, rawHeaders }: IncomingMessage): string {
  const lines = [`${method} ${url} HTTP/1.1`];
  for (let index = 0; index < rawHeaders.length; index += 2)
    lines.push(`${rawHeaders[index]}: ${rawHeaders[index + 1]}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}
