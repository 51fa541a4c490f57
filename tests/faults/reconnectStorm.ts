import { randomUUID } from 'node:crypto';
import type { Account, ClientSocket } from '../../testkit/account';
import { Observer } from '../../testkit/observer';
import type { RestartableServer } from '../../testkit/serverProcess';
import { signUpDocumented } from '../support/documents/account';

const USERS = 5;
/** Messages in each session before the crash, each with its reply. */
const MESSAGES = 5;

/**
 * Kills a server with many connected clients and starts it again. Returns the time from when it listens until the last client has
 * every message, and the number of messages that a client has in another way than the history.
 */
export async function runStorm(server: RestartableServer, clients: number) {
  const groups = await Promise.all(
    Array.from({ length: USERS }, () => Group.create(server.url, clients / USERS)),
  );
  for (let count = 0; count < MESSAGES; count += 1) await Promise.all(groups.map((group) => group.send()));
  await Promise.all(groups.map((group) => group.untilComplete()));

  // These may or may not be acknowledged before the crash. They are repeated until they are.
  const inFlight = groups.map((group) => group.send());
  await server.end('SIGKILL');
  await server.start();
  const listening = performance.now();
  await Promise.all(inFlight);
  await Promise.all(groups.map((group) => group.send()));
  await Promise.all(groups.map((group) => group.untilComplete()));
  const milliseconds = performance.now() - listening;

  const faults = await Promise.all(groups.map((group) => group.faults()));
  for (const group of groups) group.close();
  return { milliseconds, faults: faults.reduce((sum, count) => sum + count, 0) };
}

/** A user with many devices, all in one session. */
class Group {
  private readonly sessionId = randomUUID();
  private readonly devices: readonly Observer[];
  private readonly sender: ClientSocket;
  private sent = 0;

  private constructor(
    private readonly account: Account,
    size: number,
  ) {
    this.sender = account.socket();
    this.devices = Array.from({ length: size - 1 }, () => new Observer(account, this.sessionId));
  }

  static async create(url: string, size: number): Promise<Group> {
    return new Group(await signUpDocumented(url), size);
  }

  async send(): Promise<void> {
    const clientMessageId = randomUUID();
    const message = { sessionId: this.sessionId, content: `message ${clientMessageId}`, clientMessageId };
    this.sent += 1;
    for (;;) {
      const answer = await this.sender
        .timeout(5_000)
        .emitWithAck('message', message)
        .catch(() => null);
      if (answer?.ok) return;
    }
  }

  /** Resolves when every device has every message and its reply. */
  async untilComplete(): Promise<void> {
    await Promise.all(this.devices.map((device) => device.untilComplete(2 * this.sent)));
  }

  async faults(): Promise<number> {
    const history = await this.account.history(this.sessionId);
    const wrongly = (device: Observer) =>
      device.faults + history.filter(({ seq, messageId }) => device.seen.get(seq) !== messageId).length;
    return this.devices.reduce(
      (sum, device) => sum + wrongly(device),
      Math.abs(history.length - 2 * this.sent),
    );
  }

  close(): void {
    this.sender.disconnect();
    for (const device of this.devices) device.close();
  }
}
