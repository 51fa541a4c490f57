import type { Draft, Message } from '../../../src/domain/message';
import type { ChatClient, OutgoingMessage, Subscription } from '../chatClient';
import { type ChatClientError, hasCode, toChatClientError } from '../chatClientError';
import { LiveState, type LoadStatus } from './liveState';

export interface MessageListState {
  /** The loaded messages, ascending by `seq`. If messages are edited or regenerated, `branchOf` selects those of the latest version. */
  messages: readonly Message[];
  /** The messages of this session that are not known to be stored yet, oldest first. They are sent as soon as possible. */
  unsent: readonly OutgoingMessage[];
  /** The replies that are being made, with their text so far, and regenerated ones that have `failed`. */
  drafts: readonly Draft[];
  status: LoadStatus;
  /** Why the messages could not be loaded: `NOT_FOUND` if the session was deleted. One that doesn't exist yet is `ready` and empty. */
  error: ChatClientError | null;
  /** Whether `loadEarlier` finds earlier messages. */
  hasEarlier: boolean;
}

/** What can be done with the messages of a session. The functions stay the same, and reject like those of `ChatClient`. */
export interface MessageActions {
  /** Like `ChatClient.send`. */
  send(content: string, options?: { clientMessageId?: string }): Promise<Message>;
  /** Like `ChatClient.edit`. */
  edit(messageId: string, content: string, options?: { clientMessageId?: string }): Promise<Message>;
  /** Like `ChatClient.regenerate`, for a user message that is loaded. */
  regenerate(messageId: string): Promise<number>;
  /** Stops all replies that are being made, or the one to this message. What has arrived of them is stored. */
  stop(messageId?: string): Promise<void>;
  /** Loads a page of earlier messages. Calls during a load wait for the same page. */
  loadEarlier(): Promise<void>;
}

const PAGE_SIZE = 50;

const NO_MESSAGES: MessageListState = {
  messages: [],
  unsent: [],
  drafts: [],
  status: 'loading',
  error: null,
  hasEarlier: false,
};

/** The messages of a session, kept up to date through lost connections. */
export class MessageList extends LiveState<MessageListState> {
  readonly actions: MessageActions = {
    send: (content, options) => this.added(this.client.send(this.sessionId, content, options)),
    edit: (messageId, content, options) =>
      this.added(this.client.edit(this.sessionId, messageId, content, options)),
    regenerate: (messageId) => this.client.regenerate(this.sessionId, messageId, this.nextVariant(messageId)),
    stop: async (messageId) => {
      const drafts = this.value.drafts.filter(({ state }) => state !== 'failed');
      const stopped = messageId === undefined ? drafts.map(({ replyTo }) => replyTo) : [messageId];
      await Promise.all(stopped.map((replyTo) => this.client.stopReply(this.sessionId, replyTo)));
    },
    loadEarlier: () => {
      this.loadingEarlier ??= this.readEarlier().finally(() => {
        this.loadingEarlier = null;
      });
      return this.loadingEarlier;
    },
  };
  private userId: string | null;
  private subscription: Subscription | null = null;
  private isLoading = false;
  /** There is no such session yet: the first message creates it. */
  private isNew = false;
  /** Counts the occasions to load again, as one may come during a load. */
  private occasions = 0;
  private loadingEarlier: Promise<void> | null = null;

  constructor(
    private readonly client: ChatClient,
    /** In lower case. */
    private readonly sessionId: string,
  ) {
    super(NO_MESSAGES);
    this.userId = client.user?.id ?? null;
  }

  protected override read(current: MessageListState): MessageListState {
    return this.userId === (this.client.user?.id ?? null) ? current : NO_MESSAGES;
  }

  protected override follow(): () => void {
    const stops = [
      this.client.on('outbox', () => this.showUnsent()),
      this.client.on('user', () => this.switchUser()),
      this.client.on('sessions', () => this.reopen()),
      this.client.on('session', ({ type, session }) => {
        if (type === 'created' && session.id === this.sessionId) this.reopen();
      }),
    ];
    this.switchUser();
    this.showUnsent();
    this.open();
    return () => {
      for (const stop of stops) stop();
      this.closeSubscription();
    };
  }

  private switchUser(): void {
    const userId = this.client.user?.id ?? null;
    if (userId === this.userId) return;
    this.userId = userId;
    this.isNew = false;
    this.closeSubscription();
    this.set(NO_MESSAGES);
    this.showUnsent();
    this.open();
  }

  /** Loads the messages if that has failed: the connection is back, or the session exists now. */
  private reopen(): void {
    this.occasions += 1;
    if (this.isNew || this.value.status === 'failed') this.open();
  }

  private open(): void {
    if (this.userId === null || this.subscription) return;
    if (this.value.status === 'ready' && !this.isNew) this.openSubscription();
    else void this.load();
  }

  /** Loads the latest messages, and follows the later ones. */
  private async load(): Promise<void> {
    if (this.isLoading) return;
    this.isLoading = true;
    const { userId, occasions } = this;
    try {
      const { messages, hasMore } = await this.client.history(this.sessionId, { limit: PAGE_SIZE });
      if (this.userId === userId) this.show(messages, hasMore, false);
    } catch (error) {
      if (this.userId === userId) this.failToLoad(toChatClientError(error));
    } finally {
      this.isLoading = false;
    }
    const isOutdated = this.userId !== userId || (this.isNew && this.occasions !== occasions);
    const isReady = this.value.status === 'ready' && !this.isNew;
    if (this.isRunning && (isOutdated || isReady)) this.open();
  }

  private show(messages: readonly Message[], hasEarlier: boolean, isNew: boolean): void {
    this.isNew = isNew;
    this.update({ messages, hasEarlier, status: 'ready', error: null });
  }

  private failToLoad(error: ChatClientError): void {
    // After it was deleted, the list has failed.
    const wasDeleted = hasCode(this.value.error, ['NOT_FOUND']);
    if (hasCode(error, ['NOT_FOUND']) && !wasDeleted) this.show([], false, true);
    else this.fail(error);
  }

  private openSubscription(): void {
    this.subscription = this.client.subscribe(this.sessionId, {
      after: this.value.messages.at(-1)?.seq ?? 0,
      onMessage: (message) => this.add(message),
      onDraft: (draft) => this.showDraft(draft),
      onError: (error) => {
        this.subscription = null;
        this.fail(error);
      },
    });
  }

  private closeSubscription(): void {
    this.subscription?.close();
    this.subscription = null;
    // They would be outdated. A subscription delivers those that are still being made.
    if (this.value.drafts.length > 0) this.update({ drafts: [] });
  }

  private fail(error: ChatClientError): void {
    const isGone = hasCode(error, ['NOT_FOUND']);
    this.update({
      status: 'failed',
      error,
      drafts: [],
      ...(isGone && { messages: [], hasEarlier: false }),
    });
  }

  private async readEarlier(): Promise<void> {
    const { userId, value } = this;
    const [first] = value.messages;
    if (!first || !value.hasEarlier) return;
    const page = await this.client.history(this.sessionId, { before: first.seq, limit: PAGE_SIZE });
    // Meanwhile another user may have logged in, or the session was deleted.
    if (this.userId !== userId || this.value.messages[0] !== first) return;
    this.update({ messages: [...page.messages, ...this.value.messages], hasEarlier: page.hasMore });
  }

  /** The server has stored the message: also in a session that did not exist before. */
  private async added(sending: Promise<Message>): Promise<Message> {
    const message = await sending;
    this.reopen();
    return message;
  }

  /** The number after the newest reply to this message. The client itself knows only those that subscriptions have delivered. */
  private nextVariant(messageId: string): number {
    const replies = [...this.value.messages, ...this.value.drafts].filter(
      ({ replyTo }) => replyTo === messageId,
    );
    return Math.max(1, ...replies.map(({ variant = 1 }) => variant)) + 1;
  }

  private add(message: Message): void {
    const { messages, drafts, unsent } = this.value;
    const { replyTo, variant = 1, clientMessageId } = message;
    const isMade = (draft: Draft) => draft.replyTo === replyTo && draft.variant <= variant;
    this.set({
      ...this.value,
      messages: [...messages, message],
      ...(drafts.some(isMade) && { drafts: drafts.filter((draft) => !isMade(draft)) }),
      ...(clientMessageId !== undefined && {
        unsent: unsent.filter((each) => each.clientMessageId !== clientMessageId),
      }),
    });
  }

  private showDraft(draft: Draft): void {
    const { drafts } = this.value;
    const isKnown = drafts.some(({ replyTo }) => replyTo === draft.replyTo);
    this.update({
      drafts: isKnown
        ? drafts.map((each) => (each.replyTo === draft.replyTo ? draft : each))
        : [...drafts, draft],
    });
  }

  /** A stored message may still be in the outbox for a moment. */
  private showUnsent(): void {
    const stored = new Set(this.value.messages.map(({ clientMessageId }) => clientMessageId));
    const unsent = this.client.outbox.filter(
      ({ sessionId, clientMessageId }) => sessionId === this.sessionId && !stored.has(clientMessageId),
    );
    if (unsent.length > 0 || this.value.unsent.length > 0) this.update({ unsent });
  }
}
