import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Message } from '../../src/domain/message';
import { type Account, type ClientSocket, readJson } from '../../testkit/account';
import { Changes } from '../../testkit/waiting';
import { signUpDocumented } from '../support/documents/account';
import { forgeries, loginIdOf } from './attacker';
import { excerpt, Fault } from './fault';
import { patiently } from './patience';
import type { Words } from './words';

/** A user who does everything right while others attack, and notes whatever a user would see wrongly. */
export class Victim {
  /** In all that the user writes, and in nothing that anybody else may see. */
  readonly secret = `secret-${randomUUID()}`;
  readonly sessionId = randomUUID();
  private readonly sent: Message[] = [];
  private readonly echoes: Message[] = [];
  private readonly changes = new Changes();
  private turn: Promise<void> = Promise.resolve();
  private trouble: string | null = null;

  private constructor(
    private readonly account: Account,
    private readonly socket: ClientSocket,
  ) {
    socket.on('message', (message) => {
      this.echoes.push(message);
      this.changes.notify();
    });
    socket.on('session', ({ type, session }) => {
      // Its own messages are reported as activity.
      if (type !== 'active' || session.id !== this.sessionId) this.note(`a session was ${type}`);
    });
    socket.on('error', ({ code, event }) => this.note(`${event} failed: ${code}`));
    socket.on('disconnect', (reason) => this.note(`lost the connection: ${reason}`));
  }

  static async create(url: string): Promise<Victim> {
    const account = await signUpDocumented(url);
    const socket = account.socket({ reconnection: false });
    await patiently(
      new Promise<void>((resolve) => socket.once('connect', resolve)),
      'the victim’s connection',
    );
    return new Victim(account, socket);
  }

  /** What attackers know of the user: names and ids, and how the token would look if they could sign. */
  get words(): Words {
    const { user, token } = this.account.login;
    return {
      ...forgeries(token),
      victimSession: this.sessionId,
      victimEmail: user.email,
      victimLogin: loginIdOf(token),
    };
  }

  get messagesSent(): number {
    return this.sent.length;
  }

  /** Sends the next message; throws unless its ack and its echo are right. */
  speak(): Promise<void> {
    this.turn = this.turn.then(() => this.exchange());
    return this.turn;
  }

  /** Throws unless the user's account, sessions and history are what the user has made them. */
  async audit(): Promise<void> {
    await this.turn;
    const { user } = this.account.login;
    this.expectSame('the account', await this.read('/api/auth/me'), user);
    const { sessions } = await this.read<{ sessions: { id: string }[] }>('/api/sessions');
    this.expectSame(
      'the sessions',
      sessions.map(({ id }) => id),
      [this.sessionId],
    );
    const { logins } = await this.read<{ logins: unknown[] }>('/api/auth/logins');
    this.expectSame('the number of logins', logins.length, 1);
    const right = this.sent.flatMap((message, index) => [message, this.echoes[index]]);
    this.expectSame('the history', await this.account.history(this.sessionId), right);
    this.checkTrouble();
  }

  close(): void {
    this.socket.off('disconnect');
    this.socket.disconnect();
  }

  private async exchange(): Promise<void> {
    const number = this.sent.length + 1;
    const content = `${this.secret} ${number} "✓" \u{1f600}`;
    const sending = this.socket.emitWithAck('message', { sessionId: this.sessionId, content });
    const answer = await patiently(sending, 'the victim’s ack');
    if (!answer.ok) throw new Fault('wrongAnswer', `the victim was refused: ${JSON.stringify(answer)}`);
    const { message } = answer;
    this.sent.push(message);
    const echoed = this.changes.until(() => this.echoes.length >= number);
    await patiently(echoed, 'the victim’s echo');
    const { seq, replyTo, content: echo } = { ...this.echoes.at(-1) };
    const seen = [message.seq, message.content, seq, replyTo, echo, this.echoes.length];
    const right = [2 * number - 1, content, 2 * number, message.messageId, content, number];
    this.expectSame('the victim’s exchange', seen, right);
    this.checkTrouble();
  }

  private async read<T>(path: string): Promise<T> {
    const response = await this.account.request(path);
    if (response.status !== 200)
      throw new Fault('wrongAnswer', `the victim got ${response.status} of ${path}`);
    return readJson<T>(response);
  }

  private expectSame(what: string, seen: unknown, right: unknown): void {
    if (isDeepStrictEqual(seen, right)) return;
    const [found, wanted] = [seen, right].map((value) => excerpt(JSON.stringify(value), 1000));
    throw new Fault('wrongAnswer', `${what}: expected ${wanted}, found ${found}`);
  }

  private note(trouble: string): void {
    this.trouble ??= trouble;
  }

  private checkTrouble(): void {
    if (this.trouble !== null) throw new Fault('wrongAnswer', `the victim ${this.trouble}`);
  }
}
