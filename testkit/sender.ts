import { randomUUID } from 'node:crypto';
import type { Message } from '../src/domain/message';
import type { StoredExchange } from '../src/stores/chatStore';
import { type Account, type ClientSocket, readJson } from './account';
import type { Random } from './random';
import { soon } from './soon';

/** Without an ack for so long a message is sent again, in milliseconds. */
const ACK_TIMEOUT_MS = 3_000;
const REST_SHARE = 0.1;

/**
 * Sends messages as fast as they are acknowledged, each again and again with its `clientMessageId` until it is: what a good
 * client does, on a bad network.
 */
export class Sender {
  readonly acknowledged: Message[] = [];
  repeats = 0;
  private readonly socket: ClientSocket;
  private isStopping = false;
  private loops: Promise<void>[] = [];

  constructor(
    private readonly account: Account,
    private readonly sessionIds: readonly string[],
    private readonly random: Random,
  ) {
    this.socket = account.socket();
  }

  start(inFlight: number): void {
    this.loops = Array.from({ length: inFlight }, () => this.loop());
  }

  /** Resolves when every message that was begun is acknowledged. */
  async stop(): Promise<void> {
    this.isStopping = true;
    await Promise.all(this.loops);
    this.socket.disconnect();
  }

  private async loop(): Promise<void> {
    while (!this.isStopping) {
      const clientMessageId = randomUUID();
      const message = {
        sessionId: this.random.pick(this.sessionIds),
        content: `message ${clientMessageId}`,
        clientMessageId,
      };
      const send = this.random.next() < REST_SHARE ? this.overRest : this.overSocket;
      const acknowledged = this.untilAcknowledged(() => send.call(this, message));
      this.acknowledged.push(await soon(`an ack of ${clientMessageId}`, acknowledged));
    }
  }

  private async untilAcknowledged(send: () => Promise<Message | null>): Promise<Message> {
    for (;;) {
      const message = await send().catch(() => null);
      if (message) return message;
      this.repeats += 1;
      if (!this.socket.connected) await new Promise<void>((resolve) => this.socket.once('connect', resolve));
    }
  }

  private async overSocket(message: { sessionId: string; content: string; clientMessageId: string }) {
    const answer = await this.socket.timeout(ACK_TIMEOUT_MS).emitWithAck('message', message);
    if (answer.ok) return answer.message;
    if (answer.error.code === 'UNAVAILABLE') return null;
    throw new Error(`refused: ${answer.error.code} ${answer.error.message}`);
  }

  private async overRest({
    sessionId,
    ...message
  }: {
    sessionId: string;
    content: string;
    clientMessageId: string;
  }) {
    const response = await this.account.request(`/api/sessions/${sessionId}/messages`, message);
    if (response.status !== 200 && response.status !== 201) return null;
    return (await readJson<Pick<StoredExchange, 'message'>>(response)).message;
  }
}
