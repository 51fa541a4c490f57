import type { Message } from '../domain/message';
import { promptOf, type Responder } from '../responders/responder';
import type { MessageStore, UnansweredMessage } from '../stores/chatStore';
import { type Clock, timestampOf } from '../utils/clock';
import type { Logger } from '../utils/logger';
import { uuidv7 } from '../utils/uuid';
import type { Publisher } from './publisher';

/** Messages being answered at once, give or take as many; those above wait in the database, not in memory. */
const MAX_UNDER_WAY = 100;
/** How long after a failure the messages that are still unanswered are tried again, in milliseconds. */
const RETRY_MS = 5_000;

export interface ReplyDependencies {
  store: Pick<MessageStore, 'appendReply' | 'findUnanswered'>;
  publisher: Publisher;
  responder: Responder;
  logger: Logger;
  clock: Clock;
  /** For tests, which don't wait as long. */
  replyRetryMs?: number | undefined;
}

/**
 * Sees to it that every user message that is stored without a reply gets one: from the responder, stored, told to the
 * session. The database knows what is unanswered, so a crash forgets nothing.
 */
export class ReplyService {
  private readonly underWay = new Map<string, Promise<void>>();
  private readonly stopping = new AbortController();
  private sweep: Promise<void> | null = null;
  private nextSweep: NodeJS.Timeout | null = null;

  constructor(private readonly dependencies: ReplyDependencies) {}

  /** Answers what an earlier run left unanswered. */
  start(): void {
    this.sweepUnanswered();
  }

  /** Answers a message that has just been stored. Returns at once. */
  answer(unanswered: UnansweredMessage): void {
    if (this.underWay.size < MAX_UNDER_WAY) void this.begin(unanswered);
    else this.sweepLater();
  }

  /** Gives up the answers under way and resolves when nothing of them will touch the store any more. */
  async stop(): Promise<void> {
    this.stopping.abort();
    if (this.nextSweep) clearTimeout(this.nextSweep);
    await Promise.all([this.sweep, ...this.underWay.values()]);
  }

  private begin(unanswered: UnansweredMessage): Promise<void> {
    const { messageId } = unanswered.message;
    const begun = this.underWay.get(messageId);
    if (begun !== undefined) return begun;
    const answering = this.respond(unanswered)
      .catch((error: unknown) => this.onFailure(error))
      .finally(() => this.underWay.delete(messageId));
    this.underWay.set(messageId, answering);
    return answering;
  }

  private async respond({ userId, message }: UnansweredMessage): Promise<void> {
    const { responder, store, publisher, clock } = this.dependencies;
    const { sessionId, messageId: replyTo } = message;
    const content = await responder.respond(promptOf(userId, message), this.stopping.signal);
    if (this.stopping.signal.aborted) return;
    const timestamp = timestampOf(clock());
    const tell = (reply: Message | null) => {
      if (reply) publisher.messagesStored(userId, sessionId, [reply], {});
    };
    const reply = { userId, sessionId, replyTo, messageId: uuidv7(), content, timestamp };
    tell(await store.appendReply(reply, tell));
  }

  private onFailure(error: unknown): void {
    if (this.stopping.signal.aborted) return;
    this.dependencies.logger.warn({ err: error }, 'a message could not be answered; it will be tried again');
    this.sweepLater();
  }

  private sweepLater(): void {
    if (this.stopping.signal.aborted) return;
    const { replyRetryMs = RETRY_MS } = this.dependencies;
    this.nextSweep ??= setTimeout(() => this.sweepUnanswered(), replyRetryMs).unref();
  }

  private sweepUnanswered(): void {
    this.nextSweep = null;
    if (this.sweep !== null) {
      // It may be past what has failed meanwhile.
      this.sweepLater();
      return;
    }
    this.sweep = this.beginAll()
      .catch((error: unknown) => this.onFailure(error))
      .finally(() => {
        this.sweep = null;
      });
  }

  /** Begins as many at a time as there is room for; it doesn't wait for their answers, of which one may never come. */
  private async beginAll(): Promise<void> {
    const { signal } = this.stopping;
    for (let after: string | undefined; !signal.aborted; ) {
      await this.untilThereIsRoom();
      const page = await this.dependencies.store.findUnanswered(MAX_UNDER_WAY - this.underWay.size, after);
      after = page.at(-1)?.message.messageId;
      if (after === undefined || signal.aborted) return;
      for (const unanswered of page) void this.begin(unanswered);
    }
  }

  private async untilThereIsRoom(): Promise<void> {
    while (this.underWay.size >= MAX_UNDER_WAY) await Promise.race(this.underWay.values());
  }
}
