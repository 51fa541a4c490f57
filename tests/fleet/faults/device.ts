import { randomUUID } from 'node:crypto';
import type { Message } from '../../../src/domain/message';
import { type Account, type ClientSocket, readJson } from '../../../testkit/account';
import type { Random } from '../../../testkit/random';
import { Changes, expectSoon } from '../../../testkit/waiting';
import { pause } from './plan';

const ACK_TIMEOUT_MS = 3_000;
/** How long a message may take to be acknowledged: longer than a few faults in a row, on a busy machine. */
export const PATIENCE_MS = 120_000;
const JOIN_TIMEOUT_MS = 5_000;
/** The shares of messages that are sent over REST, and after which the device leaves the session and joins it again. */
const REST_SHARE = 0.1;
const LEAVE_SHARE = 0.03;
/** How many of the last events a report shows. */
const TRACE_LENGTH = 12;
/** So slowly that the tests' stand-in keeps up: an insert takes it 100 ms once there are some hundred messages. */
const PAUSE_MS = { min: 1_000, max: 3_000 };

type Sending = { sessionId: string; content: string; clientMessageId: string };
type Answered = { message: Message; duplicate: boolean };

/** What all devices of a session know together. */
export interface Board {
  acknowledged: Message[];
  /** When a message was acknowledged to its sender, by `messageId`. */
  times: Map<string, number>;
}

/** A message that reached a device live, after it was acknowledged to its sender. */
export interface Delivery {
  ackedAt: number;
  seenAt: number;
}

/**
 * A device that sends to one session and listens to it, resumes after each interruption, and checks the order in which everything
 * arrives: events and its own acknowledgements.
 */
export class Device {
  /** The id of each message that was seen, by `seq`. */
  readonly seen = new Map<number, string>();
  /** What arrived out of order, twice, with another id than before, of a foreign session, or with a gap. */
  readonly faults: string[] = [];
  readonly deliveries: Delivery[] = [];
  /** The `clientMessageId` of each message that it has sent. */
  private readonly own = new Set<string>();
  private readonly skipped: { seq: number; by: number; how: string; trace: string }[] = [];
  /** What has happened last, for the report of a fault. */
  private readonly trace: string[] = [];
  private readonly socket: ClientSocket;
  private readonly changes = new Changes();
  /** The last `seq` that arrived in this membership, as an event or as an acknowledgement; null before the first. */
  private last: number | null = null;
  /** Up to where the answer to the join, and what came before it, has the messages. */
  private joinedUpTo = Number.POSITIVE_INFINITY;
  private joinedAt = 0;
  private isStopping = false;
  private loop: Promise<void> = Promise.resolve();

  constructor(
    private readonly account: Account,
    private readonly sessionId: string,
    private readonly board: Board,
    private readonly random: Random,
  ) {
    this.socket = account.socket();
    this.socket.on('connect', () => {
      this.note('connected');
      void this.resume();
    });
    this.socket.on('message', (message) => this.receive(message));
    this.socket.on('session', ({ type, session }) => {
      if (type === 'deleted' && session.id === sessionId)
        this.faults.push('a session was reported as deleted');
    });
    this.socket.on('connect_error', (error) => this.note(`not connected: ${error.message}`));
    this.socket.on('disconnect', (reason) => {
      this.note(`disconnected: ${reason}`);
      // Socket.IO reconnects by itself from anything else.
      if (reason === 'io server disconnect') this.faults.push('a valid login was disconnected');
    });
  }

  start(): void {
    this.loop = this.send().catch((error: Error) => {
      this.faults.push(`${error.message}: ${this.trace.join(', ')}`);
    });
  }

  /** Sends no new message, and resolves when all are acknowledged; one that never is counts as a fault. */
  async stop(): Promise<void> {
    this.isStopping = true;
    await this.loop;
  }

  /** Resolves when no message up to this `seq` is missing. */
  untilComplete(seq: number): Promise<void> {
    return this.changes.until(() => this.complete >= seq);
  }

  /** The highest `seq` up to which no message is missing. */
  get complete(): number {
    let seq = 0;
    while (this.seen.has(seq + 1)) seq += 1;
    return seq;
  }

  /** Compares the order of arrival with what is stored. */
  checkSkipped(history: readonly Message[]): void {
    for (const { seq, by, how, trace } of this.skipped) {
      const { clientMessageId = '' } = history[seq - 1] ?? {};
      if (!this.own.has(clientMessageId)) this.faults.push(`${by} was ${how} before ${seq} (${trace})`);
    }
  }

  close(): void {
    this.socket.disconnect();
  }

  private async send(): Promise<void> {
    while (!this.isStopping) {
      const clientMessageId = randomUUID();
      const sending = { sessionId: this.sessionId, content: `message ${clientMessageId}`, clientMessageId };
      this.own.add(clientMessageId);
      const isRest = this.random.next() < REST_SHARE;
      const acknowledged = this.untilAcknowledged(() =>
        isRest ? this.overRest(sending) : this.overSocket(sending),
      );
      const { message } = await expectSoon(`the ack of ${clientMessageId}`, acknowledged, PATIENCE_MS);
      this.board.acknowledged.push(message);
      this.board.times.set(message.messageId, performance.now());
      if (this.random.next() < LEAVE_SHARE) await this.leave();
      await pause(this.random.between(PAUSE_MS.min, PAUSE_MS.max));
    }
  }

  private async untilAcknowledged(send: () => Promise<Answered | null>): Promise<Answered> {
    for (;;) {
      const answered = await send().catch(() => null);
      if (answered) return answered;
      if (!this.socket.connected) await new Promise<void>((resolve) => this.socket.once('connect', resolve));
      await pause(this.random.between(20, 100));
    }
  }

  /** Null if the message is to be sent again. */
  private overSocket(sending: Sending): Promise<Answered | null> {
    return new Promise((resolve) => {
      setTimeout(resolve, ACK_TIMEOUT_MS, null);
      this.note('sent');
      const engine = this.socket.io.engine;
      this.socket.emit('message', sending, (answer) => {
        if (!answer.ok) {
          this.note(`refused ${answer.error.code}`);
          if (answer.error.code !== 'UNAVAILABLE') this.faults.push(`refused: ${answer.error.code}`);
          return resolve(null);
        }
        const { message, duplicate = false } = answer;
        // The first attempt's acknowledgement may come after its timeout, but always in its place.
        if (!duplicate && engine === this.socket.io.engine) this.follow(message, 'acknowledged');
        this.add(message);
        resolve({ message, duplicate });
      });
    });
  }

  private async overRest({ sessionId, ...body }: Sending): Promise<Answered | null> {
    this.note('sent over REST');
    const response = await this.account.request(`/api/sessions/${sessionId}/messages`, body);
    if (response.status !== 200 && response.status !== 201) {
      this.note(`refused with status ${response.status}`);
      await response.text();
      return null;
    }
    const { message } = await readJson<{ message: Message }>(response);
    return { message, duplicate: response.status === 200 };
  }

  private async leave(): Promise<void> {
    const answer = await this.socket
      .timeout(JOIN_TIMEOUT_MS)
      .emitWithAck('leave-session', this.sessionId)
      .catch(() => null);
    if (answer?.ok) await this.resume();
  }

  /** Joins with everything that it has, page by page. */
  private async resume(): Promise<void> {
    const engine = this.socket.io.engine;
    this.last = null;
    this.joinedUpTo = Number.POSITIVE_INFINITY;
    try {
      for (let hasMore: boolean | undefined = true; hasMore; ) {
        const target = { sessionId: this.sessionId, after: this.complete };
        const answer = await this.socket.timeout(JOIN_TIMEOUT_MS).emitWithAck('join-session', target);
        if (!answer.ok) throw new Error(answer.error.message);
        for (const message of answer.messages ?? []) this.add(message);
        hasMore = answer.hasMore;
        this.note(
          `joined after ${target.after}, ${answer.messages?.length} messages up to ${answer.messages?.at(-1)?.seq}`,
        );
      }
      if (engine !== this.socket.io.engine) return;
      this.joinedAt = performance.now();
      this.joinedUpTo = Math.max(this.complete, this.last ?? 0);
    } catch {
      // The connection was lost, or the server is not ready. A new connection starts over.
      if (engine === this.socket.io.engine) engine.close();
    }
  }

  private receive(message: Message): void {
    if (message.sessionId !== this.sessionId) {
      this.faults.push('a message of a session that was not joined');
      return;
    }
    const seenAt = performance.now();
    const ackedAt = this.board.times.get(message.messageId);
    if (ackedAt !== undefined && !this.seen.has(message.seq)) {
      this.deliveries.push({ ackedAt: Math.max(ackedAt, this.joinedAt), seenAt });
    }
    this.follow(message, 'received');
    this.add(message);
  }

  /**
   * Live messages and acknowledgements of one membership are consecutive, from what the join has answered. Only an own message whose first
   * answer was lost or a failure may be missing: its acknowledgement comes as that of a duplicate.
   */
  private follow({ seq }: Message, how: string): void {
    this.note(`${how} ${seq}`);
    const before = Math.max(this.last ?? 0, this.joinedUpTo);
    if (this.last !== null && seq <= this.last) this.faults.push(`${seq} was ${how} after ${this.last}`);
    for (let skipped = before + 1; skipped < seq; skipped += 1)
      this.skipped.push({ seq: skipped, by: seq, how, trace: this.trace.slice(-TRACE_LENGTH).join(', ') });
    this.last = seq;
  }

  private note(event: string): void {
    this.trace.push(`${Math.round(performance.now())}: ${event}`);
    if (this.trace.length > 2 * TRACE_LENGTH) this.trace.splice(0, TRACE_LENGTH);
  }

  private add({ seq, messageId }: Message): void {
    const before = this.seen.get(seq);
    if (before !== undefined && before !== messageId) this.faults.push(`${seq} had another id before`);
    this.seen.set(seq, messageId);
    this.changes.notify();
  }
}
