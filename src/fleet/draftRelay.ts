import type { Message } from '../domain/message';
import type { LiveDraft } from '../services/publisher';
import { keyOf, shownDraft } from '../services/replies/runningReply';
import type { ChatStore, StoredDraft } from '../stores/chatStore';
import type { Devices, JoinedSession } from './fleet';
import type { DraftPiece, Hint } from './hints';

/** How long after the last request of another node the pieces of a draft are published, in milliseconds. */
const WANTED_MS = 30_000;
/** How often a node repeats its request while it shows a draft. */
const ASK_AGAIN_MS = 15_000;
/** How long a request may stay without a piece before it is repeated: it may have been lost. */
const UNANSWERED_MS = 1_000;
/** The least time between two requests because of missing text. */
const GAP_MS = 200;
/** The time between two pieces of a draft, unless as many characters have arrived. */
const INTERVAL_MS = 50;
const FLUSH_CHARACTERS = 1_024;
/** The most UTF-16 code units that are kept of a draft beyond a gap. */
const MAX_HELD = 65_536;
/** Sessions in one query. */
const SESSIONS_PER_QUERY = 1_000;

export interface DraftRelayDependencies {
  store: Pick<ChatStore, 'findDrafts'>;
  devices: Pick<Devices, 'draftChanged' | 'draftEnded'>;
  /** Identifies this node as the owner of drafts. */
  owner(): string;
  /** False while this is the only node. */
  isShared(): boolean;
  /** True if sockets of this node are in the session. */
  isJoined(session: JoinedSession): boolean;
  publish(userId: string, hint: Hint): void;
  /** Subscribes to the user's hints, until `release`. */
  retain(userId: string): void;
  release(userId: string): void;
}

/** A draft of this node, and what of it was published. */
interface Outgoing {
  attempt: number;
  length: number;
  state: LiveDraft['state'];
  wantedUntil: number;
  timer: NodeJS.Timeout | undefined;
}

/** A draft of another node that sockets of this node see. */
interface Incoming {
  draft: LiveDraft;
  /** Pieces beyond a gap, in the order in which they came. */
  held: DraftPiece[];
  askedAt: number;
  heardAt: number;
}

/**
 * Shows the drafts of each node to the sockets of the others. A node publishes that a draft begins, and its pieces only while another node
 * asks for them. Pieces may be lost: a node that misses text asks for all of it. What the database has is shown while the bus is away.
 */
export class DraftRelay {
  private readonly outgoing = new Map<LiveDraft, Outgoing>();
  private readonly incoming = new Map<string, Incoming>();
  /** For each look into the database: the drafts whose reply was delivered since it began. */
  private readonly looks = new Set<Set<string>>();
  private isChecking = false;

  constructor(private readonly dependencies: DraftRelayDependencies) {}

  /** A draft of this node is new, or has changed. */
  changed(draft: LiveDraft): void {
    const { isShared, retain } = this.dependencies;
    let sent = this.outgoing.get(draft);
    if (!sent) {
      sent = { attempt: 0, length: 0, state: draft.state, wantedUntil: 0, timer: undefined };
      this.outgoing.set(draft, sent);
      this.end(keyOf(draft));
      retain(draft.userId);
    }
    if (!isShared()) return;
    const isWanted = performance.now() < sent.wantedUntil;
    const isDue = sent.timer === undefined || draft.text.length - sent.length >= FLUSH_CHARACTERS;
    if (draft.attempt !== sent.attempt || (isWanted && isDue)) this.flush(draft, sent);
  }

  /** A draft of this node has become a message, or was discarded. */
  ended(draft: LiveDraft): void {
    const sent = this.outgoing.get(draft);
    if (!sent) return;
    // No message takes the place of one that has failed.
    if (draft.state === 'failed' && performance.now() < sent.wantedUntil) this.flush(draft, sent);
    clearTimeout(sent.timer);
    this.outgoing.delete(draft);
    this.dependencies.release(draft.userId);
  }

  /** Another node asks for the drafts of the session. */
  wanted(session: JoinedSession): void {
    for (const [draft, sent] of this.outgoing) {
      if (!isIn(session, draft)) continue;
      sent.wantedUntil = performance.now() + WANTED_MS;
      sent.length = 0;
      this.flush(draft, sent);
    }
  }

  /** A piece of a draft of another node. */
  receive(userId: string, piece: DraftPiece): void {
    const session = { userId, sessionId: piece.sessionId };
    if (!this.dependencies.isJoined(session)) return;
    const found = this.incoming.get(keyOf(piece));
    const shown = found ?? this.add(userId, piece);
    shown.heardAt = performance.now();
    const isComplete = this.apply(shown, piece);
    if (!found || (!isComplete && performance.now() - shown.askedAt > GAP_MS)) this.ask(session);
  }

  /** Shows the drafts that the database has of the session. Undefined if there is no other node. Never rejects. */
  load(session: JoinedSession): Promise<void> | undefined {
    return this.dependencies.isShared() ? this.look([session]) : undefined;
  }

  /** Compares what is shown in these sessions with the database, unless it does so already. Never rejects. */
  async check(sessions: readonly JoinedSession[]): Promise<void> {
    if (this.isChecking) return;
    this.isChecking = true;
    for (let start = 0; start < sessions.length; start += SESSIONS_PER_QUERY) {
      await this.look(sessions.slice(start, start + SESSIONS_PER_QUERY));
    }
    this.isChecking = false;
  }

  /** Call it each second: asks on for the drafts that are shown. */
  askAgain(): void {
    const now = performance.now();
    for (const { draft, askedAt, heardAt } of this.incoming.values()) {
      const waitMs = heardAt > askedAt ? ASK_AGAIN_MS : UNANSWERED_MS;
      if (!this.dependencies.isJoined(draft)) this.end(keyOf(draft));
      else if (now - askedAt >= waitMs) this.ask(draft);
    }
  }

  /** A message is about to be delivered to the sockets of this node. */
  delivered({ replyTo, variant = 1 }: Message): void {
    if (replyTo === undefined) return;
    const key = keyOf({ replyTo, variant });
    for (const answered of this.looks) answered.add(key);
    this.end(key);
  }

  stop(): void {
    for (const { timer } of this.outgoing.values()) clearTimeout(timer);
  }

  private flush(draft: LiveDraft, sent: Outgoing): void {
    clearTimeout(sent.timer);
    sent.timer = undefined;
    const { userId, sessionId, replyTo, variant, attempt, text, state, error } = draft;
    const at = attempt === sent.attempt ? Math.min(sent.length, text.length) : 0;
    const isNew = at === 0 || at < text.length || state !== sent.state;
    if (!isNew) return;
    const piece = { sessionId, replyTo, variant, attempt, at, text: text.slice(at), state };
    this.dependencies.publish(userId, { kind: 'draft', ...piece, ...(error && { error }) });
    Object.assign(sent, { attempt, length: text.length, state });
    if (performance.now() < sent.wantedUntil) {
      sent.timer = setTimeout(() => this.flushLater(draft, sent), INTERVAL_MS).unref();
    }
  }

  /** Publishes what has arrived since the last piece, if anything. */
  private flushLater(draft: LiveDraft, sent: Outgoing): void {
    sent.timer = undefined;
    if (draft.text.length > sent.length || draft.state !== sent.state) this.flush(draft, sent);
  }

  private add(userId: string, { sessionId, replyTo, variant, attempt, state }: DraftPiece): Incoming {
    const draft: LiveDraft = { userId, sessionId, replyTo, variant, attempt, text: '', state };
    const shown = { draft, held: [], askedAt: performance.now(), heardAt: 0 };
    this.incoming.set(keyOf(draft), shown);
    return shown;
  }

  /** False if text before the piece is missing. */
  private apply(shown: Incoming, piece: DraftPiece): boolean {
    const { draft } = shown;
    if (piece.attempt < draft.attempt) return true;
    if (piece.attempt > draft.attempt) {
      Object.assign(draft, { attempt: piece.attempt, text: '' });
      shown.held = [];
    }
    if (piece.at > draft.text.length) {
      const length = shown.held.reduce((sum, { text }) => sum + text.length, 0);
      if (length + piece.text.length <= MAX_HELD) shown.held.push(piece);
      return false;
    }
    const text = draft.text.slice(0, piece.at) + piece.text;
    // A text that the database has, or a repeated one, can be older than what has arrived over the bus.
    if (text.length >= draft.text.length) {
      Object.assign(draft, { text, state: piece.state, ...(piece.error && { error: piece.error }) });
    }
    this.dependencies.devices.draftChanged(draft);
    if (draft.state === 'failed') {
      // Nothing more comes of it, and a later join reads it from the database.
      this.end(keyOf(draft));
      return true;
    }
    const held = shown.held;
    shown.held = [];
    return held.every((each) => this.apply(shown, each));
  }

  private ask({ userId, sessionId }: JoinedSession): void {
    const now = performance.now();
    for (const shown of this.incoming.values()) {
      if (isIn({ userId, sessionId }, shown.draft)) shown.askedAt = now;
    }
    this.dependencies.publish(userId, { kind: 'wanted', sessionId });
  }

  private async look(sessions: readonly JoinedSession[]): Promise<void> {
    const wanted = new Set(sessions.map(({ userId, sessionId }) => `${userId}:${sessionId}`));
    const isWanted = ({ userId, sessionId }: JoinedSession) => wanted.has(`${userId}:${sessionId}`);
    const before = [...this.incoming.values()].filter(({ draft }) => isWanted(draft));
    const answered = new Set<string>();
    this.looks.add(answered);
    try {
      const found = await this.dependencies.store.findDrafts(sessions.map(({ sessionId }) => sessionId));
      const stored = found.filter((draft) => isWanted(draft) && !answered.has(keyOf(draft)));
      const keys = new Set(stored.map(keyOf));
      for (const { draft } of before) if (!keys.has(keyOf(draft))) this.end(keyOf(draft));
      for (const draft of stored) this.showStored(draft);
    } catch {
      // Every store logs its failures, and the next check looks again.
    } finally {
      this.looks.delete(answered);
    }
  }

  private showStored(draft: StoredDraft): void {
    // One without an attempt only records a stop.
    if (draft.owner === this.dependencies.owner() || draft.attempt === 0) return;
    const { userId, sessionId } = draft;
    const shown = this.incoming.get(keyOf(draft));
    if (!shown && draft.ended) return;
    const piece = { ...shownDraft(draft), sessionId, at: 0 };
    this.apply(shown ?? this.add(userId, piece), piece);
    if (!shown) this.ask({ userId, sessionId });
  }

  private end(key: string): void {
    const shown = this.incoming.get(key);
    if (!shown) return;
    this.incoming.delete(key);
    this.dependencies.devices.draftEnded(shown.draft);
  }
}

function isIn({ userId, sessionId }: JoinedSession, draft: LiveDraft): boolean {
  return draft.userId === userId && draft.sessionId === sessionId;
}
