import { randomUUID } from 'node:crypto';
import type { Message } from '../src/domain/message';
import { type Account, type ClientSocket, readJson } from './account';
import type { Random } from './random';
import { expectSoon } from './waiting';

/** How long a send waits for its acknowledgement before it is repeated, in milliseconds. */
const ACK_TIMEOUT_MS = 3_000;
/** The share of messages that are sent over REST instead of the socket. */
const REST_SHARE = 0.1;

interface Sending {
  sessionId: string;
  content: string;
  clientMessageId: string;
}

/**
 * A device that sends messages as fast as they are acknowledged. Each is repeated with its `clientMessageId` until it is
 * acknowledged, as a good client does on a bad network.
 */
export class Sender {
  readonly acknowledged: Message[] = [];
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

  /** Starts to send, with this number of messages in flight. */
  start(inFlight: number): void {
    this.loops = Array.from({ length: inFlight }, () => this.loop());
  }

  /** Sends no new message, and resolves when all are acknowledged. */
  async stop(): Promise<void> {
    this.isStopping = true;
    await Promise.all(this.loops);
    this.socket.disconnect();
  }

  private async loop(): Promise<void> {
    while (!this.isStopping) {
      const clientMessageId = randomUUID();
      const sending: Sending = {
        sessionId: this.random.pick(this.sessionIds),
        content: `message ${clientMessageId}`,
        clientMessageId,
      };
      const isRest = this.random.next() < REST_SHARE;
      const send = () => (isRest ? this.sendOverRest(sending) : this.sendOverSocket(sending));
      this.acknowledged.push(await expectSoon(`the ack of ${clientMessageId}`, this.untilAcknowledged(send)));
    }
  }

  private async untilAcknowledged(send: () => Promise<Message | null>): Promise<Message> {
    for (;;) {
      const message = await send().catch(() => null);
      if (message) return message;
      if (!this.socket.connected) await new Promise<void>((resolve) => this.socket.once('connect', resolve));
    }
  }

  /** Null if the message is to be sent again. */
  private async sendOverSocket(sending: Sending): Promise<Message | null> {
    const answer = await this.socket.timeout(ACK_TIMEOUT_MS).emitWithAck('message', sending);
    if (answer.ok) return answer.message;
    if (answer.error.code === 'UNAVAILABLE') return null;
    throw new Error(`refused: ${answer.error.code} ${answer.error.message}`);
  }

  private async sendOverRest({ sessionId, ...body }: Sending): Promise<Message | null> {
    const response = await this.account.request(`/api/sessions/${sessionId}/messages`, body);
    if (response.status !== 200 && response.status !== 201) return null;
    return (await readJson<{ message: Message }>(response)).message;
  }
}
