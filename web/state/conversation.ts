import { type ChatClient, ChatClientError, type OutgoingMessage, type Subscription } from '../../client/src';
import { randomId } from '../../client/src/randomId';
import type { Message } from '../../src/domain/message';
import { explain } from '../text/errorText';
import { notify } from './notices';
import { Observable } from './observable';
import { type Refusals, refusalsOf } from './refusals';
import { type RefusedMessage, withMessage } from './timeline';

export interface ConversationState {
  /** `gone`: there is no such session (any more). */
  phase: 'loading' | 'ready' | 'failed' | 'gone';
  /** What is read so far, ascending by `seq`. */
  messages: readonly Message[];
  pending: readonly OutgoingMessage[];
  refused: readonly RefusedMessage[];
  /** What was sent here last: its `clientMessageId`. */
  lastSent: string | undefined;
  hasOlder: boolean;
  isLoadingOlder: boolean;
  /** Why it could not be read, for people. */
  problem: string | null;
}

const PAGE_SIZE = 50;
/** With these nobody can do anything about a message: it goes on in the outbox, or its chat or its login has ended. */
const OVER: readonly string[] = ['OFFLINE', 'NOT_FOUND', 'UNAUTHENTICATED'];

/** One session while it is on the screen: its messages, and those on their way. */
export class Conversation {
  readonly state: Observable<ConversationState>;
  private readonly refusals: Refusals;
  private readonly stops: (() => void)[] = [];
  private readonly sendingHere = new Map<string, OutgoingMessage>();
  private isClosed = false;

  constructor(
    private readonly client: ChatClient,
    readonly sessionId: string,
    private readonly heard: (message: Message) => void,
  ) {
    this.refusals = refusalsOf(client.user?.id ?? '', sessionId);
    this.state = new Observable<ConversationState>({
      phase: 'loading',
      messages: [],
      pending: this.pending(),
      refused: this.refusals.value,
      lastSent: undefined,
      hasOlder: false,
      isLoadingOlder: false,
      problem: null,
    });
  }

  /** Reads the latest messages and follows the session from there. */
  open(): void {
    this.stops.push(this.client.on('outbox', () => this.change({ pending: this.pending() })));
    this.stops.push(
      this.client.on('connection', (state) => {
        if (state === 'online' && this.state.value.phase === 'failed') void this.load();
      }),
    );
    this.stops.push(this.refusals.subscribe(() => this.change({ refused: this.refusals.value })));
    void this.load();
  }

  close(): void {
    this.isClosed = true;
    for (const stop of this.stops) stop();
  }

  /** Reads the latest messages again after that has failed. */
  async load(): Promise<void> {
    this.change({ phase: 'loading', problem: null });
    try {
      const { messages, hasMore } = await this.client.history(this.sessionId, { limit: PAGE_SIZE });
      if (this.isClosed) return;
      const merged = messages.reduce(withMessage, this.state.value.messages);
      this.change({ phase: 'ready', messages: merged, hasOlder: hasMore });
      this.subscribe(messages.at(-1)?.seq ?? 0);
    } catch (error) {
      this.fail(error);
    }
  }

  /** Reads the page before the oldest message that is here. */
  async loadOlder(): Promise<void> {
    const { messages, hasOlder, isLoadingOlder } = this.state.value;
    const oldest = messages[0];
    if (!oldest || !hasOlder || isLoadingOlder) return;
    this.change({ isLoadingOlder: true, problem: null });
    try {
      const page = await this.client.history(this.sessionId, { before: oldest.seq, limit: PAGE_SIZE });
      const merged = [...page.messages, ...this.state.value.messages];
      this.change({ messages: merged, hasOlder: page.hasMore, isLoadingOlder: false });
    } catch (error) {
      this.change({ isLoadingOlder: false, problem: explain(error) });
    }
  }

  /** Sends a message; until it is stored it is among those pending, and if it is refused, among those. */
  async send(content: string): Promise<void> {
    const clientMessageId = randomId();
    const createdAt = new Date().toISOString();
    this.sendingHere.set(clientMessageId, { sessionId: this.sessionId, clientMessageId, content, createdAt });
    this.change({ pending: this.pending(), lastSent: clientMessageId });
    try {
      this.add(await this.client.send(this.sessionId, content, { clientMessageId }));
    } catch (error) {
      const isOver = error instanceof ChatClientError && OVER.includes(error.code);
      if (!isOver) this.refuse({ clientMessageId, content, createdAt, reason: explain(error) });
    } finally {
      this.sendingHere.delete(clientMessageId);
      this.change({ pending: this.pending() });
    }
  }

  /** Takes a refused message away. */
  discard(clientMessageId: string): void {
    this.refusals.set(this.refusals.value.filter((message) => message.clientMessageId !== clientMessageId));
  }

  private subscribe(after: number): void {
    const subscription: Subscription = this.client.subscribe(this.sessionId, {
      after,
      onMessage: (message) => this.add(message),
      onError: (error) => this.fail(error),
    });
    this.stops.push(() => subscription.close());
  }

  private add(message: Message): void {
    this.change({ messages: withMessage(this.state.value.messages, message) });
    this.heard(message);
  }

  /** What somebody wrote stays, wherever they look meanwhile. */
  private refuse(message: RefusedMessage): void {
    this.refusals.set([...this.refusals.value, message]);
    const isInSight = location.hash.endsWith(this.sessionId);
    if (!isInSight) notify(`A message in another chat was not sent; it waits there. ${message.reason}`);
  }

  private fail(error: unknown): void {
    const isGone = error instanceof ChatClientError && error.code === 'NOT_FOUND';
    this.change({ phase: isGone ? 'gone' : 'failed', problem: explain(error) });
  }

  /** What is sent here counts from the first moment until it is among the messages, whatever the outbox says in between. */
  private pending(): OutgoingMessage[] {
    const waiting = this.client.outbox.filter(({ sessionId }) => sessionId === this.sessionId);
    const known = new Set(waiting.map(({ clientMessageId }) => clientMessageId));
    return [...waiting, ...[...this.sendingHere.values()].filter((each) => !known.has(each.clientMessageId))];
  }

  private change(change: Partial<ConversationState>): void {
    if (!this.isClosed) this.state.set({ ...this.state.value, ...change });
  }
}
