import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { ClientSocket } from '../../testkit/account';
import { times } from '../../testkit/builders';
import { Changes } from '../../testkit/waiting';
import { signUpDocumented } from '../support/documents/account';
import { documentedFetch } from '../support/documents/fetch';
import { measuresTimes } from '../support/measuredTimes';
import { askAnything } from '../support/socketCalls';
import { startTestServer } from '../support/testServer';
import { mountSmallDisk } from './smallDisk';

measuresTimes();

const SENDERS = 4;
/** Acknowledged messages after which the disk is filled, and refusals after which it is freed. */
const ENOUGH = 30;

const disk = mountSmallDisk(2);
afterAll(() => disk?.remove());
if (!disk)
  process.stderr.write('SKIPPED: the disk is full, because mounting a small one is not allowed here\n');
const testOnSmallDisk = disk ? test : test.skip;

testOnSmallDisk(
  'guarantees 1 and 12: on a full disk nothing is acknowledged that is not stored; freed, it goes on by itself',
  async () => {
    if (!disk) return;
    const database = { kind: 'sqlite' as const, path: join(disk.directory, 'chat.db') };
    const server = await startTestServer({ database });
    const account = await signUpDocumented(server.url);
    const socket = account.socket();
    const path = `/api/sessions/${randomUUID()}/messages`;
    expect((await account.request(path, { content: 'before' })).status).toBe(201);

    let isFull = false;
    // Another program takes at once whatever room the server gives back.
    const flow = new Flow(socket, randomUUID(), () => isFull && disk.fill());
    const finished = Promise.all(times(SENDERS, () => flow.send()));
    await flow.until(() => flow.acknowledged.length >= ENOUGH);
    isFull = true;
    disk.fill();
    await flow.until(() => flow.refusals >= ENOUGH);
    expect(flow.acknowledgedAfterRefusal).toBe(0);
    expect((await account.request(path)).status).toBe(200);
    expect((await account.request(path, { content: 'no room' })).status).toBe(503);
    expect((await account.history(flow.sessionId)).length).toBe(2 * flow.acknowledged.length);
    expect((await documentedFetch(`${server.url}/healthz`)).status).toBe(200);

    isFull = false;
    disk.free();
    flow.isEnding = true;
    await finished;
    socket.disconnect();
    const history = await account.history(flow.sessionId);
    const stored = history.flatMap(({ clientMessageId }) => clientMessageId ?? []);
    expect(stored.toSorted()).toEqual(flow.acknowledged.toSorted());
    expect(history.map(({ seq }) => seq)).toEqual(times(2 * stored.length, (index) => index + 1));
    expect((await account.request(path, { content: 'after' })).status).toBe(201);
    await server.close();
  },
);

/** Messages one after the other, each repeated until it is taken. */
class Flow {
  readonly acknowledged: string[] = [];
  refusals = 0;
  acknowledgedAfterRefusal = 0;
  isEnding = false;
  private readonly changes = new Changes();

  constructor(
    private readonly socket: ClientSocket,
    readonly sessionId: string,
    private readonly onRefusal: () => void,
  ) {}

  async send(): Promise<void> {
    while (!this.isEnding) {
      const clientMessageId = randomUUID();
      const message = { sessionId: this.sessionId, content: 'x'.repeat(500), clientMessageId };
      while (!(await this.isTaken(message)));
      this.acknowledged.push(clientMessageId);
    }
  }

  until(condition: () => boolean): Promise<void> {
    return this.changes.until(condition);
  }

  private async isTaken(message: object): Promise<boolean> {
    const answer = await askAnything(this.socket, 'message', message);
    if (answer.ok && this.refusals > 0) this.acknowledgedAfterRefusal += 1;
    if (!answer.ok) {
      this.refusals += 1;
      this.onRefusal();
      if (answer.error.code !== 'UNAVAILABLE') throw new Error(answer.error.code);
    }
    setImmediate(() => this.changes.notify());
    return answer.ok;
  }
}
