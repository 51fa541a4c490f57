import { randomUUID } from 'node:crypto';
import type { Account, ClientSocket } from '../../testkit/account';

/** Longer than the server may take to stop: a message without an acknowledgement by then never gets one. */
const ACK_TIMEOUT_MS = 15_000;

/** Sends messages one after the other and repeats none. It stops at the first that is not acknowledged. */
export class ImpatientSender {
  /** The `clientMessageId` of each acknowledged message. */
  readonly acknowledged: string[] = [];
  /** The reason for the disconnect. A client reconnects by itself unless it is 'io server disconnect'. */
  readonly lostBy: Promise<string>;
  private readonly socket: ClientSocket;

  constructor(
    private readonly account: Account,
    private readonly sessionId: string,
    private readonly onAck: () => void,
    transports = ['websocket'],
  ) {
    this.socket = account.socket({ transports, upgrade: false });
    this.lostBy = new Promise((resolve) => {
      this.socket.once('disconnect', (reason) => {
        resolve(reason);
        this.socket.disconnect();
      });
    });
  }

  overSocket(): Promise<void> {
    return this.loop(async (message) => {
      const answer = await this.socket.timeout(ACK_TIMEOUT_MS).emitWithAck('message', message);
      return answer.ok;
    });
  }

  overRest(): Promise<void> {
    return this.loop(async ({ sessionId, ...message }) => {
      const response = await this.account.request(`/api/sessions/${sessionId}/messages`, message);
      await response.text();
      return response.status === 201;
    });
  }

  private async loop(send: (message: Sending) => Promise<boolean>): Promise<void> {
    for (;;) {
      const clientMessageId = randomUUID();
      const message = { sessionId: this.sessionId, content: `message ${clientMessageId}`, clientMessageId };
      const isAcknowledged = await send(message).catch(() => false);
      if (!isAcknowledged) return;
      this.acknowledged.push(clientMessageId);
      this.onAck();
    }
  }
}

interface Sending {
  sessionId: string;
  content: string;
  clientMessageId: string;
}
