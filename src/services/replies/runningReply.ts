import { setTimeout as sleep } from 'node:timers/promises';
import type { Draft, DraftState, Message } from '../../domain/message';
import type {
  DraftChange,
  DraftEnd,
  DraftFence,
  DraftKey,
  DraftStore,
  DraftTarget,
  StoredDraft,
} from '../../stores/chatStore';
import { type Clock, timestampOf } from '../../utils/clock';
import type { LiveDraft, Publisher } from '../publisher';
import type { DraftProgress, ReplyOutcome } from './replyRequests';

/** How often the text of a draft is written while it grows, in milliseconds. */
const WRITE_MS = 5_000;

export interface RunningReplyDependencies {
  drafts: Pick<DraftStore, 'claimDraft' | 'writeDraft'>;
  /** Null if devices don't see the reply while it is made. */
  publisher: Pick<Publisher, 'draftChanged' | 'draftEnded'> | null;
  clock: Clock;
  owner: string;
  model: string | undefined;
  isInTurn: boolean;
  /** How long after a failure of the database it is tried again, in milliseconds. */
  retryMs: number;
}

/**
 * A reply that this process makes. It is stored as a draft, from which another process, or this one after a restart, can go on.
 * `asking` aborts to end the request to the responder, `saving` to give up storing the reply.
 */
export class RunningReply implements DraftProgress {
  readonly asking = new AbortController();
  readonly saving = new AbortController();
  /** Resolves with the stored reply, or with null if there is none. Never rejects. */
  ended: Promise<Message | null> = Promise.resolve(null);
  isStopped = false;
  /** The text is final. */
  isFinishing = false;
  private readonly draft: LiveDraft;
  private claimed: StoredDraft | null = null;
  /** The session was deleted, or another process has claimed the draft. */
  private isLost = false;
  private writtenLength = 0;
  private nextWrite: NodeJS.Timeout | undefined;

  constructor(
    readonly target: DraftTarget,
    private readonly dependencies: RunningReplyDependencies,
  ) {
    const { userId, sessionId, replyTo, variant } = target;
    this.draft = { userId, sessionId, replyTo, variant, attempt: 0, text: '', state: 'asking' };
  }

  get text(): string {
    return this.draft.text;
  }

  get attempt(): number {
    return this.claimed?.attempt ?? 1;
  }

  get failures(): number {
    return this.claimed?.failures ?? 0;
  }

  get startedAt(): number {
    return Date.parse(this.claimed?.startedAt ?? '') || this.dependencies.clock();
  }

  /** Present while this process owns the draft. */
  get fence(): DraftFence | undefined {
    if (!this.claimed) return undefined;
    const { replyTo, variant, attempt } = this.claimed;
    return { replyTo, variant, attempt, owner: this.dependencies.owner };
  }

  /** What devices see. */
  snapshot(): Draft {
    const { replyTo, variant, attempt, text, state, error } = this.draft;
    return { replyTo, variant, attempt, text, state, ...(error && { error }) };
  }

  /** Claims the draft for a request. Null or `busy` if this process must not make the reply. Rejects as the store does. */
  async claim(): Promise<StoredDraft | 'busy' | null> {
    const { drafts, owner, model, clock, isInTurn } = this.dependencies;
    const now = timestampOf(clock());
    const claimed = await drafts.claimDraft({ ...this.target, owner, now, model, inTurn: isInTurn });
    if (claimed === null || claimed === 'busy') return claimed;
    this.claimed = claimed;
    if (claimed.stop) this.stop();
    return claimed;
  }

  /** Starts the attempt that was claimed, with an empty text, after the time that an earlier failure demands. */
  async begin(): Promise<void> {
    const notBefore = Date.parse(this.claimed?.notBefore ?? '') || 0;
    const waitMs = notBefore - this.dependencies.clock();
    clearTimeout(this.nextWrite);
    this.nextWrite = undefined;
    this.writtenLength = 0;
    this.change({ attempt: this.attempt, text: '', state: waitMs > 0 ? 'waiting' : 'asking' });
    if (waitMs <= 0) return;
    await sleep(waitMs, undefined, { signal: this.asking.signal });
    this.enter('asking');
  }

  enter(state: DraftState): void {
    if (state !== this.draft.state) this.change({ state });
  }

  append(text: string): void {
    this.change({ text: this.draft.text + text, state: 'writing' });
    if (this.writtenLength === 0) void this.writeText();
    else this.nextWrite ??= setTimeout(() => void this.writeText(), WRITE_MS).unref();
  }

  async retryAfter(waitMs: number): Promise<void> {
    const { clock, retryMs } = this.dependencies;
    const { signal } = this.asking;
    const waiting = { failures: this.failures + 1, notBefore: timestampOf(clock() + waitMs) };
    this.enter('waiting');
    await this.write({ state: 'waiting', ...waiting });
    await sleep(waitMs, undefined, { signal });
    while (!(await this.reclaim())) await sleep(retryMs, undefined, { signal });
    signal.throwIfAborted();
    // The database may have been away when they were written.
    if (this.claimed) this.claimed = { ...this.claimed, ...waiting };
  }

  stop(): void {
    this.isStopped = true;
    this.asking.abort();
  }

  /** Someone else has the draft, or it is gone. */
  lose(): void {
    this.isLost = true;
    this.abort();
  }

  abort(): void {
    this.asking.abort();
    this.saving.abort();
  }

  /** What was stored of the reply when it was claimed; null if the responder must be asked. */
  get storedOutcome(): ReplyOutcome | null {
    if (this.claimed?.state === 'finishing') return { content: this.claimed.text, ...this.claimed.details };
    return this.isStopped ? this.stoppedOutcome() : null;
  }

  /** What is stored of a reply that was stopped: the text that devices have seen. */
  stoppedOutcome(): ReplyOutcome {
    return { ...this.lastText(), finish: 'stopped' };
  }

  /** The reply, if owners die again and again while they make it. */
  abandonedOutcome(): ReplyOutcome {
    return { ...this.lastText(), finish: 'failed', error: { code: 'RESPONDER_FAILED' } };
  }

  get takeOvers(): number {
    return this.claimed?.takeOvers ?? 0;
  }

  /** Lets another process go on with the reply. Call it when this one no longer will. */
  async release(): Promise<void> {
    if (this.isLost || !this.claimed) return;
    this.isFinishing = false;
    await this.write({ ...(this.text !== '' && { text: this.text }), state: 'waiting', isReleased: true });
  }

  /** No reply comes of it. Rejects as the store does. */
  async giveUp(end: DraftEnd): Promise<void> {
    const { fence } = this;
    const change = { ended: end, ...(this.text !== '' && { text: this.text }) };
    if (fence && (await this.dependencies.drafts.writeDraft(fence, change))) {
      this.change({ state: 'failed', ...(end.error && { error: end.error }) });
    }
  }

  /** The draft is no longer shown. Call it before its reply is published. */
  end(): void {
    clearTimeout(this.nextWrite);
    this.dependencies.publisher?.draftEnded(this.draft);
  }

  private lastText(): ReplyOutcome {
    const hasBegun = this.draft.attempt > 0;
    const model = (hasBegun ? null : this.claimed?.model) ?? this.dependencies.model;
    const content = hasBegun ? this.text : (this.claimed?.text ?? '');
    return { content, ...(model !== undefined && { model }) };
  }

  /** False if the database did not respond. */
  private async reclaim(): Promise<boolean> {
    try {
      const claimed = await this.claim();
      if (claimed === null || claimed === 'busy') this.lose();
      return true;
    } catch {
      return false;
    }
  }

  private async writeText(): Promise<void> {
    clearTimeout(this.nextWrite);
    this.nextWrite = undefined;
    const { text } = this.draft;
    const before = this.writtenLength;
    this.writtenLength = text.length;
    if (await this.write({ state: 'writing', text })) return;
    // The database is away: a process that takes the draft over gets an older text.
    this.writtenLength = Math.max(1, before);
    this.nextWrite ??= setTimeout(() => void this.writeText(), WRITE_MS).unref();
  }

  /** False if the database did not respond. Every store logs its failures. */
  private async write(change: DraftChange): Promise<boolean> {
    const { fence } = this;
    if (!fence || this.isFinishing) return true;
    try {
      const isOurs = await this.dependencies.drafts.writeDraft(fence, change);
      if (!isOurs && !this.isFinishing && this.fence?.attempt === fence.attempt) this.lose();
      return true;
    } catch {
      return false;
    }
  }

  private change(change: Partial<LiveDraft>): void {
    Object.assign(this.draft, change);
    this.dependencies.publisher?.draftChanged(this.draft);
  }
}

/** How a regenerated reply ends that is not worth a message; null if it is one. */
export function endWithoutReply(variant: number, { content, finish, error }: ReplyOutcome): DraftEnd | null {
  if (variant === 1) return null;
  if (finish === 'failed') return { finish, ...(error && { error }) };
  return finish === 'stopped' && content === '' ? { finish } : null;
}

/** A stored draft as devices see it: without the text of an earlier attempt. One that is queued gets its first attempt later. */
export function shownDraft({ replyTo, variant, attempt, text, state, owner, ended }: StoredDraft): Draft {
  const isCurrent = owner === null || state === 'writing' || state === 'finishing';
  const shown = { replyTo, variant, attempt: Math.max(1, attempt), text: isCurrent ? text : '' };
  if (ended) return { ...shown, state: 'failed', ...(ended.error && { error: ended.error }) };
  return { ...shown, state: state === 'finishing' ? 'writing' : state };
}

/** Names a reply in a map. */
export function keyOf({ replyTo, variant }: DraftKey): string {
  return `${replyTo}.${variant}`;
}
