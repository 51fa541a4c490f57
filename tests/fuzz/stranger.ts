import type { Account, ClientSocket } from '../../testkit/account';
import { signUpDocumented } from '../support/documents/account';
import { Fault } from './fault';
import { patiently } from './patience';

/** Another user, who tries to listen to a session that isn't theirs. */
export class Stranger {
  private heard: string | null = null;

  private constructor(
    private readonly account: Account,
    private readonly socket: ClientSocket,
  ) {
    socket.onAny((event) => {
      this.heard ??= String(event);
    });
  }

  static async create(url: string): Promise<Stranger> {
    const account = await signUpDocumented(url);
    return new Stranger(account, account.socket());
  }

  /** Throws if the stranger gets into the session, or has heard anything. */
  async pry(sessionId: string): Promise<void> {
    const answer = await patiently(this.socket.emitWithAck('join-session', sessionId), 'the stranger’s ack');
    if (answer.ok || answer.error.code !== 'NOT_FOUND')
      throw new Fault('leak', `a stranger got ${JSON.stringify(answer)}`);
    const { status } = await this.account.request(`/api/sessions/${sessionId}/messages`);
    if (status !== 404) throw new Fault('leak', `a stranger’s read was answered ${status}`);
    if (this.heard !== null) throw new Fault('leak', `a stranger heard ${this.heard}`);
  }

  close(): void {
    this.socket.disconnect();
  }
}
