import { randomUUID } from 'node:crypto';
import type { Account, ClientSocket } from '../../../testkit/account';
import type { Random } from '../../../testkit/random';
import type { Cluster } from './cluster';
import { pause } from './plan';

const PAUSE_MS = { min: 500, max: 2_000 };
const CONNECT_MS = 1_500;
/** How soon a logout closes a socket on another node, whatever Redis does. */
export const LOGOUT_BOUND_MS = 2_000;
/** When to give up waiting, with the longest freeze and what comes after it. */
const LIMIT_MS = 30_000;

/** Logs in again and again, connects to each node, logs out through any of them, and observes what the old login can still do. */
export class Logouts {
  count = 0;
  /** The longest time from a logout to the end of a socket on a node that could do its work. */
  longestMs = 0;
  readonly faults: string[] = [];
  private isStopping = false;
  private loop: Promise<void> = Promise.resolve();

  constructor(
    private readonly cluster: Cluster,
    private readonly account: Account,
    private readonly random: Random,
  ) {}

  start(): void {
    this.loop = this.run();
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    await this.loop;
  }

  private async run(): Promise<void> {
    while (!this.isStopping) {
      await pause(this.random.between(PAUSE_MS.min, PAUSE_MS.max));
      const account = await this.account.logIn().catch(() => null);
      if (!account) continue;
      const sockets = await Promise.all(this.cluster.nodes.map(({ url }) => connect(account.at(url))));
      if (await isLoggedOut(account)) await this.observe(account, sockets);
      for (const socket of sockets) socket?.disconnect();
    }
  }

  private async observe(account: Account, sockets: readonly (ClientSocket | null)[]): Promise<void> {
    const loggedOutAt = performance.now();
    this.count += 1;
    const watched = sockets.map((socket, index) => socket && this.watch(socket, index, loggedOutAt));
    const asked = this.cluster.nodes.map(async ({ url }, index) => {
      const status = await account
        .at(url)
        .request('/api/auth/me')
        .then(statusOf, () => 0);
      if (status === 200) this.faults.push(`node-${index} answered a request of a login that had ended`);
    });
    await Promise.all([...watched, ...asked]);
  }

  /** Resolves when the socket has ended. One that outlives the bound must not be able to send. */
  private async watch(socket: ClientSocket, node: number, loggedOutAt: number): Promise<void> {
    if (!socket.connected) return;
    const ended = new Promise<void>((resolve) => socket.once('disconnect', () => resolve()));
    let isEnded = false;
    void ended.then(() => {
      isEnded = true;
    });
    await Promise.race([ended, pause(LOGOUT_BOUND_MS)]);
    if (!isEnded) {
      const sending = { sessionId: randomUUID(), content: 'after the logout' };
      socket.emit('message', sending, ({ ok }) => {
        if (ok) this.faults.push(`node-${node} stored a message of a login that had ended`);
      });
      await Promise.race([ended, pause(LIMIT_MS)]);
    }
    const endedAt = performance.now();
    if (!isEnded) this.faults.push(`node-${node} kept the socket of a login that had ended`);
    const latency = endedAt - Math.max(loggedOutAt, this.cluster.endOfTrouble(endedAt, node));
    this.longestMs = Math.max(this.longestMs, latency);
    if (latency > LOGOUT_BOUND_MS)
      this.faults.push(`node-${node} ended a socket ${Math.round(latency)} ms after the logout`);
  }
}

/** Null if the node does not accept it in time. */
async function connect(account: Account): Promise<ClientSocket | null> {
  const socket = account.socket({ reconnection: false, timeout: CONNECT_MS });
  const isConnected = await Promise.race([
    new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('connect_error', () => resolve(false));
    }),
    pause(CONNECT_MS).then(() => false),
  ]);
  if (isConnected) return socket;
  socket.disconnect();
  return null;
}

/** False if nobody knows whether it was: the request was lost. */
async function isLoggedOut(account: Account): Promise<boolean> {
  return (await account.request('/api/auth/logout', {}).then(statusOf, () => 0)) === 204;
}

async function statusOf(response: Response): Promise<number> {
  await response.text();
  return response.status;
}
