import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Fault, RemoteTestServer, TestUser } from './kit';
import { CONTROL_PATHS } from './remote';
import { readBody } from './traffic';

const HOST = '127.0.0.1';
const LOOPBACK = /^(localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** Answers the calls of `connectTestServer`, on loopback only, and to pages of loopback only. */
export class ControlServer {
  private readonly listener = createServer((request, response) => void this.serve(request, response));
  private readonly users = new Map<string, TestUser>();
  private readonly setUp: Fault[] = [];

  private constructor(private readonly server: RemoteTestServer) {}

  /** Rejects with the system's error if the port is taken. 0 is any free port. */
  static async start(server: RemoteTestServer, port: number): Promise<ControlServer> {
    const control = new ControlServer(server);
    control.listener.listen(port, HOST);
    await once(control.listener, 'listening');
    return control;
  }

  get url(): string {
    const address = this.listener.address();
    if (typeof address !== 'object' || !address) throw new Error('The control port is closed');
    return `http://${HOST}:${address.port}`;
  }

  close(): void {
    this.listener.close();
    this.listener.closeAllConnections();
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { origin, host } = request.headers;
    if (!isLoopback(`http://${host}`) || (origin !== undefined && !isLoopback(origin)))
      return void response.writeHead(403).end();
    response.setHeader('Content-Type', 'application/json');
    if (origin !== undefined) response.setHeader('Access-Control-Allow-Origin', origin);
    try {
      const args: unknown[] = JSON.parse((await readBody(request)).toString() || '[]');
      const result: unknown = await this.call(request.url ?? '', args);
      response.end(JSON.stringify({ result }));
    } catch (error) {
      response.statusCode = 400;
      response.end(JSON.stringify({ error: error instanceof Error ? error.message : String(error) }));
    }
  }

  private async call(path: string, args: readonly unknown[]): Promise<unknown> {
    const { server } = this;
    switch (path) {
      case CONTROL_PATHS.url:
        return server.url;
      case CONTROL_PATHS.addUser: {
        const user: TestUser = await Reflect.apply(server.addUser, server, args);
        this.users.set(user.user.id, user);
        return user;
      }
      case CONTROL_PATHS.stored: {
        const [userId, ...rest] = args;
        const user = this.users.get(String(userId));
        if (!user) throw new Error('This user was not added over the control port.');
        return Reflect.apply(user.stored, user, rest);
      }
      case CONTROL_PATHS.seed:
        return Reflect.apply(server.seed, server, args);
      case CONTROL_PATHS.nextReply:
        return this.keep(await Reflect.apply(server.nextReply, server, args));
      default:
        return this.callFault(path, args);
    }
  }

  private async callFault(path: string, args: readonly unknown[]): Promise<unknown> {
    const [, kind = '', name = ''] = path.split('/');
    if (`/${kind}/` === CONTROL_PATHS.happened) return this.faultOf(name).happened;
    if (`/${kind}/` === CONTROL_PATHS.heal) return this.faultOf(name).heal();
    const { faults } = this.server;
    const method: unknown = Object.hasOwn(faults, name) ? Reflect.get(faults, name) : undefined;
    if (`/${kind}/` !== CONTROL_PATHS.faults || typeof method !== 'function')
      throw new Error(`The control port has no path ${path}.`);
    const result: unknown = await Reflect.apply(method, faults, args);
    return isFault(result) ? this.keep(result) : undefined;
  }

  /** Returns the id of the fault. */
  private keep(fault: Fault): number {
    return this.setUp.push(fault) - 1;
  }

  private faultOf(id: string): Fault {
    const fault = this.setUp[Number(id)];
    if (!fault) throw new Error(`There is no fault ${id}.`);
    return fault;
  }
}

function isLoopback(origin: string): boolean {
  return URL.canParse(origin) && LOOPBACK.test(new URL(origin).hostname);
}

function isFault(value: unknown): value is Fault {
  return typeof value === 'object' && value !== null && 'heal' in value && 'happened' in value;
}
