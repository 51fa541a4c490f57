import { type ChatClient, createChatClient, memoryStorage } from '../../../client/src';
import type { Message } from '../../../src/domain/message';
import { type Account, PASSWORD } from '../../../testkit/account';
import type { Random } from '../../../testkit/random';
import { Changes, expectSoon } from '../../../testkit/waiting';
import { type Board, PATIENCE_MS } from './device';
import { pause } from './plan';

const PAUSE_MS = { min: 1_000, max: 3_000 };

/** A device with the typed client: it sends to a session, and a subscription gets each message once, in order. */
export class TypedDevice {
  readonly seen = new Map<number, string>();
  readonly faults: string[] = [];
  private readonly client: ChatClient;
  private readonly changes = new Changes();
  private isStopping = false;
  private loop: Promise<void> = Promise.resolve();

  constructor(
    private readonly account: Account,
    private readonly sessionId: string,
    private readonly board: Board,
    private readonly random: Random,
  ) {
    const socketOptions = {
      transports: ['websocket'],
      reconnectionDelay: 20,
      reconnectionDelayMax: 100,
      timeout: 5_000,
    };
    this.client = createChatClient({ url: account.url, storage: memoryStorage(), socketOptions });
  }

  async start(): Promise<void> {
    const { username } = this.account.login.user;
    await this.client.logIn({ username, password: PASSWORD });
    this.client.on('error', (error) => this.faults.push(`the client reported ${error.code}`));
    this.client.subscribe(this.sessionId, {
      after: 0,
      onMessage: (message) => this.receive(message),
      onError: (error) => this.faults.push(`the subscription ended with ${error.code}`),
    });
    this.loop = this.send().catch((error: Error) => {
      this.faults.push(error.message);
    });
  }

  /** Sends no new message, and resolves when all are acknowledged; one that never is counts as a fault. */
  async stop(): Promise<void> {
    this.isStopping = true;
    await this.loop;
  }

  untilComplete(seq: number): Promise<void> {
    return this.changes.until(() => this.seen.size >= seq);
  }

  close(): void {
    this.client.close();
  }

  private async send(): Promise<void> {
    while (!this.isStopping) {
      const sent = this.client.send(this.sessionId, 'from the typed client');
      const message = await expectSoon('the ack of the typed client', sent, PATIENCE_MS);
      this.board.acknowledged.push(message);
      this.board.times.set(message.messageId, performance.now());
      await pause(this.random.between(PAUSE_MS.min, PAUSE_MS.max));
    }
  }

  private receive({ seq, messageId }: Message): void {
    if (seq !== this.seen.size + 1) this.faults.push(`${seq} came after ${this.seen.size}`);
    this.seen.set(seq, messageId);
    this.changes.notify();
  }
}
