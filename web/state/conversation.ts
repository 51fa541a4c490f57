import type { ChatClient, ChatClientErrorCode, OutgoingMessage, Subscription } from '../../client/src';
import { hasCode } from '../../client/src/chatClientError';
import { newId } from '../../client/src/environment';
import { branchOf, tipOf, variantOf, versionsOf } from '../../src/domain/branch';
import type { Draft, Message } from '../../src/domain/message';
import { explain } from '../text/errors';
import { notify } from './notices';
import { Observable } from './observable';
import { readRoute } from './route';
import { type RefusedMessages, refusedMessages } from './tabStorage';
import { type MessageEntry, type RefusedMessage, tipAmong, withMessage, withPending } from './timeline';

export interface ConversationState {
  /** `deleted`: the session doesn't exist. */
  phase: 'loading' | 'ready' | 'failed' | 'deleted';
  /** The server doesn't have the session yet: the first message creates it. */
  isNew: boolean;
  /** The loaded messages, ascending by `seq`. */
  messages: readonly Message[];
  /** Replies that are being made, and regenerated ones that have failed: at most one for each message. */
  drafts: readonly Draft[];
  pending: readonly OutgoingMessage[];
  refused: readonly RefusedMessage[];
  /** The message that ends the shown branch; null for the newest branch. */
  tip: string | null;
  /** The ids of the replies that the user has chosen, by the id of their message. */
  shownReplies: ReadonlyMap<string, string>;
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
  /** The drafts that will be other ones in the next frame, by the id of their message. */
  private readonly nextDrafts = new Map<string, Draft>();
  /** The `seq` of the latest message that is known, which may not be loaded. */
  private latestSeq = 0;
  private isLoadingNewer = false;
  private isClosed = false;

  constructor(
    private readonly client: ChatClient,
    readonly sessionId: string,
    private readonly onMessage: (message: Message) => void,
    { isNew = false } = {},
  ) {
    this.refused = refusedMessages(client.user?.id ?? '', sessionId);
    this.state = new Observable<ConversationState>({
      phase: isNew ? 'ready' : 'loading',
      isNew,
      messages: [],
      drafts: [],
      pending: this.pending(),
      refused: this.refused.value,
      tip: null,
      shownReplies: new Map(),
      lastSent: undefined,
      hasOlder: false,
      isLoadingOlder: false,
      hasNewer: false,
      target: null,
      problem: null,
    });
  }

  /** Reads the latest messages and subscribes to new ones. In a new session, this follows the first message. */
  open(): void {
    this.stops.push(
      this.client.on('outbox', () => {
        const hadPending = this.state.value.pending.length > 0;
        this.update({ pending: this.pending() });
        // Sent from the outbox of an earlier page.
        if (hadPending && this.state.value.pending.length === 0) this.loadStarted();
      }),
    );
    this.stops.push(
      this.client.on('connection', (state) => {
        if (state === 'online' && this.state.value.phase === 'failed') void this.load();
      }),
    );
    this.stops.push(this.refused.subscribe(() => this.update({ refused: this.refused.value })));
    if (!this.state.value.isNew) void this.load();
  }

  close(): void {
    this.isClosed = true;
    for (const stop of this.stops) stop();
  }

  /** Reads the latest messages, also again after a failure. */
  async load(): Promise<void> {
    const { isNew } = this.state.value;
    const hasUnstored = this.hasUnstored();
    this.update({ phase: isNew ? 'ready' : 'loading', isNew: false, problem: null });
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
      if (!hasUnstored || !hasCode(error, ['NOT_FOUND'])) return this.fail(error);
      // The page was reloaded before the first message was stored.
      this.update({ phase: 'ready', isNew: true });
      if (!this.hasUnstored()) await this.load();
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
    // The branch that contains it, if the newest one doesn't.
    const messageId = found.replyTo ?? found.messageId;
    const isOnNewest = branchOf(messages).some(({ message }) => message.messageId === messageId);
    const tip = isOnNewest ? null : tipAmong(messages, tipOf(messages, messageId));
    this.update({ messages, hasOlder, hasNewer, tip, target: found, problem: null });
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
      this.showUpTo(messages, { hasOlder: hasMore, tip: null });
    } catch (error) {
      notify(`The latest messages could not be loaded. ${explain(error)}`);
    }
  }

  /** Messages that have arrived since these were read are loaded next. */
  private showUpTo(messages: readonly Message[], change: Partial<ConversationState>): void {
    this.update({ ...change, messages, hasNewer: (messages.at(-1)?.seq ?? 0) < this.latestSeq });
  }

  /**
   * Sends a message, or an edited version of the message that it `replaces`. It is in `pending` until it is stored, or moves to `refused`. It
   * continues the newest branch, so that one is shown.
   */
  async send(content: string, replaces?: string): Promise<void> {
    const clientMessageId = newId();
    const createdAt = new Date().toISOString();
    if (this.state.value.hasNewer) void this.showLatest();
    const sent = { clientMessageId, content, createdAt, ...(replaces !== undefined && { replaces }) };
    this.sending.set(clientMessageId, { sessionId: this.sessionId, ...sent });
    this.update({ pending: this.pending(), lastSent: clientMessageId, tip: null });
    try {
      const options = { clientMessageId };
      this.add(
        replaces === undefined
          ? await this.client.send(this.sessionId, content, options)
          : await this.client.edit(this.sessionId, replaces, content, options),
      );
      this.loadStarted();
    } catch (error) {
      if (!hasCode(error, NOT_RETRYABLE)) this.addRefused({ ...sent, reason: explain(error) });
    } finally {
      this.sending.delete(clientMessageId);
      this.update({ pending: this.pending() });
    }
  }

  /** Asks for another reply to a message, and shows it as it is made. */
  async regenerate(replyTo: string): Promise<void> {
    const { messages, drafts } = this.state.value;
    const known = [...messages, ...drafts].filter((reply) => reply.replyTo === replyTo).map(variantOf);
    const variant = Math.max(1, ...known) + 1;
    const before = drafts.find((draft) => draft.replyTo === replyTo) ?? null;
    // The first attempt of the server has the number 1.
    const asked: Draft = { replyTo, variant, attempt: 0, text: '', state: 'asking' };
    this.setDraft(replyTo, asked);
    this.showReply(replyTo, null);
    try {
      await this.client.regenerate(this.sessionId, replyTo, variant);
    } catch (error) {
      // Another device may have asked for one, which arrives by itself.
      if (this.state.value.drafts.includes(asked)) this.setDraft(replyTo, before);
      notify(
        hasCode(error, ['CONFLICT'])
          ? 'There is another answer already, or one is being made.'
          : `The server was not asked for another answer. ${explain(error)}`,
      );
    }
  }

  /** Stops the reply that is being made. What has arrived of it is delivered as a message. */
  async stopReply(): Promise<void> {
    const draft = runningDraft(this.state.value.drafts);
    if (!draft) return;
    try {
      await this.client.stopReply(this.sessionId, draft.replyTo);
    } catch (error) {
      notify(`The reply was not stopped. ${explain(error)}`);
    }
  }

  /** Shows another version of a message, with the branch that continues it, or another reply to a message. `position` is its number from 1. */
  showAlternative({ messageId, sender, count }: MessageEntry, position: number): void {
    const { messages } = this.state.value;
    if (sender === 'server') {
      const replies = messages.filter(({ replyTo }) => replyTo === messageId);
      const chosen = replies.sort((one, other) => variantOf(one) - variantOf(other))[position - 1];
      this.showReply(messageId, position < count && chosen ? chosen.messageId : null);
      return;
    }
    const log = this.logWith(messages);
    const chosen = versionsOf(log).get(messageId)?.[position - 1];
    if (chosen === undefined) return;
    const tip = tipOf(log, chosen);
    const newest = log.findLast((message) => message.sender === 'user');
    this.update({ tip: tip === newest?.messageId ? null : tip });
  }

  showNewestBranch(): void {
    this.update({ tip: null });
  }

  /** Removes a refused message. */
  discard(clientMessageId: string): void {
    this.refused.set(this.refused.value.filter((message) => message.clientMessageId !== clientMessageId));
  }

  /** Loads a new session, whose first message is stored now. */
  private loadStarted(): void {
    if (this.state.value.isNew && !this.isClosed) void this.load();
  }

  private hasUnstored(): boolean {
    return this.pending().length + this.refused.value.length > 0;
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
    if (this.nextDrafts.size === 0) {
      requestAnimationFrame(() => {
        for (const next of this.nextDrafts.values()) this.setDraft(next.replyTo, next);
        this.nextDrafts.clear();
      });
    }
    this.nextDrafts.set(draft.replyTo, draft);
  }

  private setDraft(replyTo: string, draft: Draft | null): void {
    const { drafts } = this.state.value;
    const before = drafts.find((each) => each.replyTo === replyTo);
    if (before && before.state !== 'failed' && draft?.error)
      notify('Another answer failed. The earlier one is still there.');
    const others = drafts.filter((each) => each !== before);
    this.update({ drafts: draft ? [...others, draft] : others });
  }

  /** These messages with the unsent ones, which don't follow them while newer ones are not loaded. */
  private logWith(messages: readonly Message[]): readonly Message[] {
    const { hasNewer, pending } = this.state.value;
    return hasNewer ? messages : withPending(messages, pending);
  }

  private showReply(replyTo: string, messageId: string | null): void {
    const shownReplies = new Map(this.state.value.shownReplies);
    if (messageId === null) shownReplies.delete(replyTo);
    else shownReplies.set(replyTo, messageId);
    this.update({ shownReplies });
  }

  private add(message: Message): void {
    const { messages, drafts, tip, hasNewer } = this.state.value;
    this.latestSeq = Math.max(this.latestSeq, message.seq);
    const isMade = (draft: Draft) => draft.replyTo === message.replyTo && draft.variant <= variantOf(message);
    for (const next of this.nextDrafts.values()) if (isMade(next)) this.nextDrafts.delete(next.replyTo);
    const isNext = !hasNewer || message.seq <= (messages.at(-1)?.seq ?? 0);
    const added = isNext ? withMessage(messages, message) : messages;
    this.update({
      messages: added,
      tip: tipAmong(this.logWith(added), tip),
      ...(drafts.some(isMade) && { drafts: drafts.filter((draft) => !isMade(draft)) }),
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

/** The reply that is being made now, or will be next; null if there is none. */
export function runningDraft(drafts: readonly Draft[]): Draft | null {
  const open = drafts.filter(({ state }) => state !== 'failed');
  return open.find(({ state }) => state !== 'asking') ?? open[0] ?? null;
}
