import { randomUUID } from 'node:crypto';
import type { Answer, ErrorEvent, Joined, JoinTarget, SendPayload, Sent } from '../../../src/domain/events';
import { type ClientSocket, newSocket } from '../../support/client';
import { disconnection } from '../../support/socketCalls';
import type { Effect } from './deed';
import { Hearing, type Live } from './hearing';
import type { RestClient } from './restClient';

const DEADLINE_MS = 10_000;

/** What a device did and what came of it. */
export interface Deed extends Effect {
  device: Device;
}

export interface Account {
  /** The index of the user. */
  user: number;
  url: string;
  token: string;
  userId: string;
  rest: RestClient;
}

/** One of a user's devices: its socket, and what it was told. */
export class Device {
  isOnline = false;
  isConnecting = false;
  /** Since the last look. */
  live: Live[] = [];
  errors: ErrorEvent[] = [];
  /** The users whose sessions it was told about. */
  readonly announced = new Set<string>();
  /** What it has of each session. */
  readonly hearings: readonly Hearing[];
  private socket: ClientSocket;
  private connection = 0;
  private disconnected: Promise<unknown> = Promise.resolve();

  constructor(
    readonly account: Account,
    sessions: number,
  ) {
    this.hearings = Array.from({ length: sessions }, () => new Hearing());
    this.socket = this.newSocket();
  }

  /** Resolves with true if Socket.IO has recovered the connection before; `afresh` it can't. */
  async connect(afresh: boolean): Promise<boolean> {
    this.isConnecting = true;
    await this.disconnected;
    if (afresh) this.socket = this.newSocket();
    const connected = new Promise<void>((resolve, reject) => {
      this.socket.once('connect', resolve);
      this.socket.once('connect_error', reject);
    });
    this.socket.connect();
    await connected;
    this.isConnecting = false;
    this.isOnline = true;
    return this.socket.recovered;
  }

  /** Loses the connection, as in a bad network. */
  async cut(): Promise<void> {
    this.isOnline = false;
    this.disconnected = disconnection(this.socket);
    this.socket.io.engine.close();
    await this.disconnected;
  }

  /** Ends what counts as told since the last look. */
  forgetTold(): void {
    this.live = [];
    this.errors = [];
  }

  close(): void {
    this.socket.disconnect();
  }

  send(payload: SendPayload): Promise<Answer<Sent> | null> {
    return this.unlessLost(this.socket.timeout(DEADLINE_MS).emitWithAck('message', payload));
  }

  sendWithoutAck(payload: SendPayload): void {
    this.socket.emit('message', payload);
  }

  join(target: string | JoinTarget): Promise<Answer<Joined> | null> {
    return this.unlessLost(this.socket.timeout(DEADLINE_MS).emitWithAck('join-session', target));
  }

  leave(sessionId: string): Promise<Answer | null> {
    return this.unlessLost(this.socket.timeout(DEADLINE_MS).emitWithAck('leave-session', sessionId));
  }

  /** Resolves when everything has arrived that was sent to this device until now: its frames keep their order. */
  async flush(): Promise<void> {
    if (this.isOnline) await this.leave(randomUUID());
  }

  /** Null if the connection was cut before the answer came. */
  private async unlessLost<T>(answer: Promise<T>): Promise<T | null> {
    try {
      return await answer;
    } catch (error) {
      if (this.isOnline) throw error;
      return null;
    }
  }

  private newSocket(): ClientSocket {
    const socket = newSocket(this.account, this.account.token, { reconnection: false });
    socket.on('connect', () => {
      if (!socket.recovered) this.connection += 1;
    });
    socket.on('message', (message) => this.live.push({ connection: this.connection, message }));
    socket.on('error', (error) => this.errors.push(error));
    socket.on('session', ({ session }) => session && this.announced.add(session.userId));
    return socket;
  }
}
