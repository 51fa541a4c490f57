import type { ChatClient, ChatClientErrorCode, OutgoingMessage, Subscription } from '../../client/src';
import { hasCode } from '../../client/src/chatClientError';
import { randomId } from '../../client/src/environment';
import type { Draft, Message } from '../../src/domain/message';
import { explain } from '../text/errors';
import { notify } from './notices';
import { Observable } from './observable';
import { readRoute } from './route';
import { type RefusedMessages, refusedMessages } from './tabStorage';
import { type RefusedMessage, withMessage } from './timeline';

export interface ConversationState {
  /** `deleted`: the session doesn't exist. */
  phase: 'loading' | 'ready' | 'failed' | 'deleted';
  /** The loaded messages, ascending by `seq`. */
  messages: readonly Message[];
  /** The reply that is being made. */
  draft: Draft | null;
  pending: readonly OutgoingMessage[];
  refused: readonly RefusedMessage[];
  /** The `clientMessageId` of the last message sent here. */
  lastSent: string | undefined;
  hasOlder: boolean;
  isLoadingOlder: boolean;
  /** Whether the loaded messages end before the latest one, because the user has jumped to earlier ones. */
  hasNewer: boolean;
  /** The message to which the user has jumped last. */
  target: Message | null;
  /** Why messages could not be read, for the user. */
  problem: string | null;
}

/** Messages that the user has looked for. */
export interface FoundMessages {
  /** The messages around the found one, in `seq` order without gaps. */
  messages: readonly Message[];
  /** Whether there are newer ones. */
  hasNewer: boolean;
  found: Message;
}

const PAGE_SIZE = 50;
/** Errors after which a message can't be sent again here: it stays in the outbox, its chat was deleted, or the user logged out. */
const NOT_RETRYABLE: readonly ChatClientErrorCode[] = ['OFFLINE', 'NOT_FOUND', 'UNAUTHENTICATED'];

/** A session while it is open: its stored, unsent and refused messages. */
export class Conversation {
  readonly state: Observable<ConversationState>;
  private readonly refused: RefusedMessages;
  private readonly stops: (() => void)[] = [];
  /** Messages sent here, until `send` settles. */
  private readonly sending = new Map<string, OutgoingMessage>();
  /** The draft as it will be in the next frame; null if it is the same as now. */
  private nextDraft: Draft | null = null;
  /** The `seq` of the latest message that is known, which may not be loaded. */
  private latestSeq = 0;
  private isLoadingNewer = false;
  private isClosed = false;

  constructor(
    private readonly client: ChatClient,
    readonly sessionId: string,
    private readonly onMessage: (message: Message) => void,
  ) {
    this.refused = refusedMessages(client.user?.id ?? '', sessionId);
    this.state = new Observable<ConversationState>({
      phase: 'loading',
      messages: [],
      draft: null,
      pending: this.pending(),
      refused: this.refused.value,
      lastSent: undefined,
      hasOlder: false,
      isLoadingOlder: false,
      hasNewer: false,
      target: null,
      problem: null,
    });
  }

  /** Reads the latest messages and subscribes to new ones. */
  open(): void {
    this.stops.push(this.client.on('outbox', () => this.update({ pending: this.pending() })));
    this.stops.push(
      this.client.on('connection', (state) => {
        if (state === 'online' && this.state.value.phase === 'failed') void this.load();
      }),
    );
    this.stops.push(this.refused.subscribe(() => this.update({ refused: this.refused.value })));
    void this.load();
  }

  close(): void {
    this.isClosed = true;
    for (const stop of this.stops) stop();
  }

  /** Reads the latest messages, also again after a failure. */
  async load(): Promise<void> {
    this.update({ phase: 'loading', problem: null });
    try {
      const { messages, hasMore } = await this.client.history(this.sessionId, { limit: PAGE_SIZE });
      if (this.isClosed) return;
      const { hasNewer } = this.state.value;
      const merged = messages.reduce(withMessage, hasNewer ? [] : this.state.value.messages);
      this.update({ hasNewer: false, phase: 'ready', messages: merged, hasOlder: hasMore });
      const latest = messages.at(-1);
      if (latest) this.onMessage(latest);
      this.latestSeq = Math.max(this.latestSeq, latest?.seq ?? 0);
      this.subscribe(latest?.seq ?? 0);
    } catch (error) {
      this.fail(error);
    }
  }

  /** Reads the page before the oldest loaded message. */
  async loadOlder(): Promise<void> {
    const { messages, hasOlder, isLoadingOlder } = this.state.value;
    const oldest = messages[0];
    if (!oldest || !hasOlder || isLoadingOlder) return;
    this.update({ isLoadingOlder: true, problem: null });
    try {
      const page = await this.client.history(this.sessionId, { before: oldest.seq, limit: PAGE_SIZE });
      // Meanwhile the user may have jumped to other messages.
      if (this.state.value.messages[0] !== oldest) return this.update({ isLoadingOlder: false });
      const merged = [...page.messages, ...this.state.value.messages];
      this.update({ messages: merged, hasOlder: page.hasMore, isLoadingOlder: false });
    } catch (error) {
      this.update({ isLoadingOlder: false, problem: explain(error) });
    }
  }

  /** Shows messages that the user has looked for, instead of those that are loaded. */
  show({ messages, hasNewer, found }: FoundMessages): void {
    const hasOlder = (messages[0]?.seq ?? 1) > 1;
    this.update({ messages, hasOlder, hasNewer, target: found, problem: null });
  }

  /** Reads the page after the newest loaded message. */
  async loadNewer(): Promise<void> {
    const newest = this.state.value.messages.at(-1);
    if (!newest || !this.state.value.hasNewer || this.isLoadingNewer) return;
    this.isLoadingNewer = true;
    try {
      const page = await this.client.history(this.sessionId, { after: newest.seq, limit: PAGE_SIZE });
      const { messages } = this.state.value;
      if (messages.at(-1) === newest) this.showUpTo([...messages, ...page.messages], {});
    } catch (error) {
      notify(`Newer messages could not be loaded. ${explain(error)}`);
    } finally {
      this.isLoadingNewer = false;
    }
  }

  /** Shows the end of the chat again. */
  async showLatest(): Promise<void> {
    try {
      const { messages, hasMore } = await this.client.history(this.sessionId, { limit: PAGE_SIZE });
      this.showUpTo(messages, { hasOlder: hasMore });
    } catch (error) {
      notify(`The latest messages could not be loaded. ${explain(error)}`);
    }
  }

  /** Messages that have arrived since these were read are loaded next. */
  private showUpTo(messages: readonly Message[], change: Partial<ConversationState>): void {
    this.update({ ...change, messages, hasNewer: (messages.at(-1)?.seq ?? 0) < this.latestSeq });
  }

  /** Sends a message. It is in `pending` until it is stored, or moves to `refused`. */
  async send(content: string): Promise<void> {
    const clientMessageId = randomId();
    const createdAt = new Date().toISOString();
    if (this.state.value.hasNewer) void this.showLatest();
    this.sending.set(clientMessageId, { sessionId: this.sessionId, clientMessageId, content, createdAt });
    this.update({ pending: this.pending(), lastSent: clientMessageId });
    try {
      this.add(await this.client.send(this.sessionId, content, { clientMessageId }));
    } catch (error) {
      if (!hasCode(error, NOT_RETRYABLE))
        this.addRefused({ clientMessageId, content, createdAt, reason: explain(error) });
    } finally {
      this.sending.delete(clientMessageId);
      this.update({ pending: this.pending() });
    }
  }

  /** Stops the reply that is being made. What has arrived of it is delivered as a message. */
  async stopReply(): Promise<void> {
    const { draft } = this.state.value;
    if (!draft) return;
    try {
      await this.client.stopReply(this.sessionId, draft.replyTo);
    } catch (error) {
      notify(`The reply was not stopped. ${explain(error)}`);
    }
  }

  /** Removes a refused message. */
  discard(clientMessageId: string): void {
    this.refused.set(this.refused.value.filter((message) => message.clientMessageId !== clientMessageId));
  }

  private subscribe(after: number): void {
    const subscription: Subscription = this.client.subscribe(this.sessionId, {
      after,
      onMessage: (message) => this.add(message),
      onDraft: (draft) => this.showDraft(draft),
      onError: (error) => this.fail(error),
    });
    this.stops.push(() => subscription.close());
  }

  /** Pieces that arrive within a frame are shown together. */
  private showDraft(draft: Draft): void {
    const shown = this.nextDraft ?? this.state.value.draft;
    // The message keeps the replies that it has.
    if (draft.state === 'failed' && shown?.replyTo !== draft.replyTo) return;
    if (this.nextDraft === null) {
      requestAnimationFrame(() => {
        if (this.nextDraft) this.update({ draft: this.nextDraft.state === 'failed' ? null : this.nextDraft });
        this.nextDraft = null;
      });
    }
    this.nextDraft = draft;
  }

  private add(message: Message): void {
    const { messages, draft, hasNewer } = this.state.value;
    this.latestSeq = Math.max(this.latestSeq, message.seq);
    const isReplied = draft !== null && isReply(message, draft);
    if (this.nextDraft && isReply(message, this.nextDraft)) this.nextDraft = null;
    const isNext = !hasNewer || message.seq <= (messages.at(-1)?.seq ?? 0);
    this.update({
      messages: isNext ? withMessage(messages, message) : messages,
      ...(isReplied && { draft: null }),
    });
    this.onMessage(message);
  }

  /** Keeps the message with its chat, even if the user has left the chat meanwhile. */
  private addRefused(message: RefusedMessage): void {
    this.refused.set([...this.refused.value, message]);
    const isOpen = readRoute() === this.sessionId;
    if (!isOpen)
      notify(`A message in another chat was not sent. Open that chat to send it again. ${message.reason}`);
  }

  private fail(error: unknown): void {
    const phase = hasCode(error, ['NOT_FOUND']) ? 'deleted' : 'failed';
    this.update({ phase, problem: explain(error) });
  }

  /** Includes messages sent here that are not in the outbox: not yet, or no longer but not among the messages either. */
  private pending(): OutgoingMessage[] {
    const unsent = this.client.outbox.filter(({ sessionId }) => sessionId === this.sessionId);
    const known = new Set(unsent.map(({ clientMessageId }) => clientMessageId));
    return [...unsent, ...[...this.sending.values()].filter((each) => !known.has(each.clientMessageId))];
  }

  private update(change: Partial<ConversationState>): void {
    if (!this.isClosed) this.state.set({ ...this.state.value, ...change });
  }
}

/** Whether the message is what the draft has become. */
function isReply({ replyTo, variant = 1 }: Message, draft: Draft): boolean {
  return replyTo === draft.replyTo && variant === draft.variant;
}
