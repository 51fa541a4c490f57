import { randomUUID } from 'node:crypto';
import { io, type Socket } from 'socket.io-client';
import { type ChatClient, createChatClient, type Message, memoryStorage } from '../../client/src';
import type { ClientToServerEvents, ServerToClientEvents } from '../../src/domain/events';
import type { AuthResult } from '../../src/domain/user';
import { readJson } from '../../testkit/account';
import { type MessageLike, type TestUser, watch } from '../../testkit/testing';
import { Changes } from '../../testkit/waiting';

/** A chat app of a developer who uses the test kit. */
export interface App {
  readonly sent: readonly string[];
  /** The conversation, as the app shows it. */
  shown(): readonly MessageLike[];
  send(content: string): void;
  /** Resolves when this many messages are shown. */
  untilShown(count: number): Promise<void>;
  /** Resolves when the app has begun to send its last message again, unless it waits longer for that than a test does. */
  untilRepeated(): Promise<void>;
  /** Resolves when the app has lost its connection. */
  untilOffline(): Promise<void>;
  close(): void;
}

/** A mistake that an app makes. */
export type Mistake =
  | 'sends without clientMessageId'
  | 'does not resume'
  | 'shows messages in the order of arrival'
  | 'shows what arrives twice twice'
  | 'keeps its first token'
  | 'orders messages by time';

/** An app on a bare socket, as in the README, or with one mistake. */
export class SocketApp implements App {
  readonly sent: string[] = [];
  /** How long it waits for an acknowledgement before it repeats the message. */
  ackTimeoutMs = 5_000;
  private readonly socket: Socket<ServerToClientEvents, ClientToServerEvents>;
  private readonly changes = new Changes();
  private readonly received: Message[] = [];
  /** When each message was shown, by the clock of the app, for own messages. */
  private readonly times = new Map<string, number>();
  private attempts = 0;
  private login: Pick<AuthResult, 'token' | 'refreshToken'>;
  private isClosed = false;

  constructor(
    private readonly url: string,
    user: TestUser,
    private readonly sessionId: string,
    private readonly mistake: Mistake | null,
  ) {
    this.login = user;
    this.socket = io(url, {
      auth: (give) => give({ token: this.login.token }),
      forceNew: true,
      reconnectionDelay: 10,
      reconnectionDelayMax: 50,
    });
    this.socket.on('connect', () => {
      if (mistake !== 'does not resume' || this.received.length === 0) this.resume();
    });
    this.socket.on('message', (message) => this.receive(message));
    this.socket.on('connect_error', () => void this.renew());
    this.socket.on('disconnect', (reason) => {
      this.changes.notify();
      if (reason === 'io server disconnect') void this.renew();
    });
  }

  shown(): Message[] {
    const order: Partial<Record<Mistake, (message: Message) => number>> = {
      'shows messages in the order of arrival': () => 0,
      'orders messages by time': ({ messageId, timestamp }) =>
        this.times.get(messageId) ?? Date.parse(timestamp),
    };
    const rank = (this.mistake && order[this.mistake]) ?? (({ seq }) => seq);
    return this.received.toSorted((one, other) => rank(one) - rank(other));
  }

  send(content: string): void {
    this.sent.push(content);
    this.attempts = 0;
    void this.attempt(content, randomUUID(), Date.now());
  }

  untilShown(count: number): Promise<void> {
    return this.changes.until(() => this.received.length >= count);
  }

  untilRepeated(): Promise<void> {
    return this.changes.until(() => this.attempts > 1);
  }

  untilOffline(): Promise<void> {
    return this.changes.until(() => !this.socket.connected);
  }

  close(): void {
    this.isClosed = true;
    this.socket.disconnect();
  }

  private async attempt(content: string, id: string, sentAt: number): Promise<void> {
    const { sessionId } = this;
    const draft = { sessionId, content };
    const payload =
      this.mistake === 'sends without clientMessageId' ? draft : { ...draft, clientMessageId: id };
    while (!this.isClosed) {
      if (!this.socket.connected)
        await new Promise((resolve) => this.socket.once('connect', () => resolve(null)));
      this.attempts += 1;
      this.changes.notify();
      const answer = await this.socket
        .timeout(this.ackTimeoutMs)
        .emitWithAck('message', payload)
        .catch(() => null);
      if (!answer?.ok) continue;
      this.times.set(answer.message.messageId, sentAt);
      this.receive(answer.message);
      return;
    }
  }

  private receive(message: Message): void {
    const isKnown = this.received.some(({ messageId }) => messageId === message.messageId);
    if (isKnown && this.mistake !== 'shows what arrives twice twice') return;
    this.received.push(message);
    this.changes.notify();
  }

  private resume(): void {
    const { sessionId } = this;
    let after = 0;
    while (this.received.some(({ seq }) => seq === after + 1)) after += 1;
    this.socket.emit('join-session', { sessionId, after }, (answer) => {
      if (!answer.ok) return;
      for (const message of answer.messages ?? []) this.receive(message);
      if (answer.hasMore) this.resume();
    });
  }

  /** Gets a new token after the server has refused or ended the connection, and connects with it. */
  private async renew(): Promise<void> {
    if (this.mistake === 'keeps its first token' || this.isClosed) return;
    const response = await fetch(`${this.url}/api/auth/refresh`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ refreshToken: this.login.refreshToken }),
    }).catch(() => null);
    if (response?.status === 200) this.login = await readJson<AuthResult>(response);
    if (!this.isClosed) this.socket.connect();
  }
}

/** An app on our client library. */
export class ClientApp implements App {
  readonly sent: string[] = [];
  readonly client: ChatClient;
  private readonly changes = new Changes();
  private readonly received: Message[] = [];

  constructor(
    url: string,
    user: TestUser,
    private readonly sessionId: string,
  ) {
    const socketOptions = { reconnectionDelay: 10, reconnectionDelayMax: 50 };
    this.client = watch(createChatClient({ url, storage: memoryStorage(), socketOptions }));
    this.client.on('connection', () => this.changes.notify());
    void this.start(user);
  }

  shown(): Message[] {
    return this.received;
  }

  send(content: string): void {
    this.sent.push(content);
    void this.client.send(this.sessionId, content);
  }

  untilShown(count: number): Promise<void> {
    return this.changes.until(() => this.received.length >= count);
  }

  async untilRepeated(): Promise<void> {}

  untilOffline(): Promise<void> {
    return this.changes.until(() => this.client.connection !== 'online');
  }

  close(): void {
    this.client.close();
  }

  private async start({ user: { username }, password }: TestUser): Promise<void> {
    await this.client.logIn({ username, password });
    await this.client.sessions.create({ id: this.sessionId });
    this.client.subscribe(this.sessionId, {
      after: 0,
      onMessage: (message) => {
        this.received.push(message);
        this.changes.notify();
      },
    });
    this.send('hello');
  }
}
