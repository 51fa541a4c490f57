import { randomUUID } from 'node:crypto';
import type { Message } from '../../../src/domain/message';
import { type Account, type ClientSocket, readJson } from '../../../testkit/account';
import type { Random } from '../../../testkit/random';
import { expectSoon } from '../../../testkit/waiting';
import type { Cluster } from './cluster';
import { pause } from './plan';

const PAUSE_MS = { min: 200, max: 1_000 };
const JOIN_TIMEOUT_MS = 5_000;

/**
 * Creates a session, deletes it and recreates it with the same id, through any node, while a device on another node listens. A session
 * with a request that was lost is given up: the request may still arrive, and nobody can say when.
 */
export class Churn {
  /** Sessions that were recreated and compared. */
  count = 0;
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
    // Reported by `stop`.
    this.loop.catch(() => {});
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    await this.loop;
  }

  private async run(): Promise<void> {
    while (!this.isStopping) {
      const sessionId = randomUUID();
      const listener = new Listener(this.account, sessionId);
      try {
        if (!(await this.recreate(sessionId))) continue;
        const stored = await this.history(sessionId);
        if (stored === null) continue;
        await expectSoon(`a listener to see ${sessionId} again`, listener.untilSeen(stored));
        this.count += 1;
      } catch (error) {
        this.faults.push(String(error));
      } finally {
        this.faults.push(...listener.faults);
        listener.close();
      }
      await pause(this.random.between(PAUSE_MS.min, PAUSE_MS.max));
    }
  }

  /** Null if the request was lost. */
  private async history(sessionId: string): Promise<Message[] | null> {
    return this.account.history(sessionId).catch(() => null);
  }

  /** False if a request was lost. */
  private async recreate(sessionId: string): Promise<boolean> {
    if (!(await this.send(sessionId, 'old', this.random.between(1, 3)))) return false;
    const { url } = this.random.pick(this.cluster.nodes);
    const status = await this.account
      .at(url)
      .request(`/api/sessions/${sessionId}`, undefined, 'DELETE')
      .then(
        ({ status }) => status,
        () => 0,
      );
    if (status !== 204) return false;
    if (!(await this.send(sessionId, 'new', this.random.between(1, 3)))) return false;
    const stored = await this.history(sessionId);
    if (stored?.some(({ content }) => content === 'old'))
      this.faults.push(`${sessionId} has messages from before its deletion`);
    return stored !== null;
  }

  private async send(sessionId: string, content: string, count: number): Promise<boolean> {
    for (let sent = 0; sent < count; sent += 1) {
      const { url } = this.random.pick(this.cluster.nodes);
      const body = { content, clientMessageId: randomUUID() };
      const response = await this.account
        .at(url)
        .request(`/api/sessions/${sessionId}/messages`, body)
        .catch(() => null);
      if (response?.status !== 201) return false;
      const { message } = await readJson<{ message: Message }>(response);
      // Replies may come later than the next message.
      if (content === 'new' && (message.seq <= sent || message.seq > sent * 2 + 1))
        this.faults.push(`${sessionId} continued at ${message.seq}`);
    }
    return true;
  }
}

/** A device that joins again whenever the session is deleted, and then forgets what it has seen. */
class Listener {
  readonly faults: string[] = [];
  private seen = new Map<number, string>();
  private last = 0;
  private check: () => void = () => {};
  private readonly socket: ClientSocket;

  constructor(
    account: Account,
    private readonly sessionId: string,
  ) {
    this.socket = account.socket();
    this.socket.on('connect', () => void this.join());
    this.socket.on('session', ({ type, session }) => {
      if (type !== 'deleted' || session.id !== sessionId) return;
      this.seen = new Map();
      void this.join();
    });
    this.socket.on('message', (message) => {
      if (this.last > 0 && message.seq !== this.last + 1) {
        this.faults.push(`the listener of ${sessionId} got ${message.seq} after ${this.last}`);
      }
      this.last = message.seq;
      this.add(message);
    });
  }

  /** Resolves when it has seen all of these messages. */
  untilSeen(messages: readonly Message[]): Promise<void> {
    return new Promise((resolve) => {
      this.check = () => {
        if (messages.every(({ seq, messageId }) => this.seen.get(seq) === messageId)) resolve();
      };
      this.check();
    });
  }

  close(): void {
    this.socket.disconnect();
  }

  private async join(): Promise<void> {
    const engine = this.socket.io.engine;
    this.last = 0;
    const target = { sessionId: this.sessionId, after: 0 };
    const answer = await this.socket
      .timeout(JOIN_TIMEOUT_MS)
      .emitWithAck('join-session', target)
      .catch(() => null);
    if (!answer?.ok) {
      if (engine === this.socket.io.engine) engine.close();
      return;
    }
    for (const message of answer.messages ?? []) this.add(message);
  }

  private add({ seq, messageId }: Message): void {
    this.seen.set(seq, messageId);
    this.check();
  }
}
