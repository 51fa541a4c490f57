import type { Draft, DraftState } from '../domain/message';
import type { LiveDraft } from '../services/publisher';
import { sessionRoom } from './rooms';
import type { ChatServer, ChatSocket } from './transport';

/** The time between two pieces of a draft, in milliseconds, unless as many characters have arrived. */
const INTERVAL_MS = 50;
const FLUSH_CHARACTERS = 1_024;

/** What a socket has of a draft. */
interface Cursor {
  attempt: number;
  at: number;
  state: DraftState;
}

interface Flow {
  draft: LiveDraft;
  cursors: WeakMap<ChatSocket, Cursor>;
  flushedLength: number;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Streams drafts to the sockets of their sessions. Each socket has a cursor of its own: one that reads slowly gets fewer and longer
 * pieces, never a gap, and nothing is buffered for it.
 */
export class DraftStream {
  private readonly flows = new Map<LiveDraft, Flow>();
  /** How many joins of a session are in progress. Until the last of them is acknowledged, the socket gets no drafts of it. */
  private readonly joining = new WeakMap<ChatSocket, Map<string, number>>();

  constructor(private readonly io: ChatServer) {}

  /** The draft is new, or its text or state has changed. */
  changed(draft: LiveDraft): void {
    const flow = this.flowOf(draft);
    // The first text doesn't wait for the interval that the state before it has begun.
    const isFirst = flow.flushedLength === 0 && draft.text !== '';
    const isLong = Math.abs(draft.text.length - flow.flushedLength) >= FLUSH_CHARACTERS;
    const isDue = flow.timer === undefined || isFirst || isLong;
    if (isDue) this.flush(flow);
  }

  /** The draft was stored as a message, or discarded. */
  ended(draft: LiveDraft): void {
    const flow = this.flows.get(draft);
    // No message takes the place of one that has failed.
    if (flow && draft.state === 'failed') this.flush(flow);
    clearTimeout(flow?.timer);
    this.flows.delete(draft);
  }

  /** Holds drafts of a session back from a socket that joins it. The caller must call `joined` or `abandonJoin`. */
  beginJoin(socket: ChatSocket, sessionId: string): void {
    const joining = this.joining.get(socket) ?? new Map<string, number>();
    joining.set(sessionId, (joining.get(sessionId) ?? 0) + 1);
    this.joining.set(socket, joining);
  }

  /** Returns the drafts of the session for the acknowledgement. What comes later is sent as pieces that follow them. */
  joined(socket: ChatSocket, sessionId: string): Draft[] {
    const drafts: Draft[] = [];
    for (const { draft, cursors } of this.flows.values()) {
      if (draft.sessionId !== sessionId || draft.userId !== socket.data.identity.userId) continue;
      const { replyTo, variant, attempt, text, state, error } = draft;
      drafts.push({ replyTo, variant, attempt, text, state, ...(error && { error }) });
      cursors.set(socket, { attempt, at: text.length, state });
    }
    return drafts;
  }

  endJoin(socket: ChatSocket, sessionId: string): void {
    const joining = this.joining.get(socket);
    const count = (joining?.get(sessionId) ?? 1) - 1;
    if (count > 0) joining?.set(sessionId, count);
    else joining?.delete(sessionId);
    if (joining?.size === 0) this.joining.delete(socket);
  }

  private flowOf(draft: LiveDraft): Flow {
    const found = this.flows.get(draft);
    if (found) return found;
    const flow: Flow = { draft, cursors: new WeakMap(), flushedLength: 0, timer: undefined };
    this.flows.set(draft, flow);
    return flow;
  }

  /** Sends each socket what it lacks, if it can take it, and looks again after the interval. */
  private flush(flow: Flow): void {
    const { draft } = flow;
    clearTimeout(flow.timer);
    flow.timer = undefined;
    flow.flushedLength = draft.text.length;
    let isAnyoneBehind = false;
    let isAnythingSent = false;
    for (const socket of this.socketsOf(draft)) {
      if (!lacksText(flow.cursors.get(socket), draft)) continue;
      if (socket.conn.transport.writable && !this.joining.get(socket)?.has(draft.sessionId)) {
        send(socket, flow);
        isAnythingSent = true;
      } else isAnyoneBehind = true;
    }
    if (isAnyoneBehind || isAnythingSent)
      flow.timer = setTimeout(() => this.flush(flow), INTERVAL_MS).unref();
  }

  private *socketsOf({ userId, sessionId }: LiveDraft): Generator<ChatSocket> {
    for (const id of this.io.sockets.adapter.rooms.get(sessionRoom(userId, sessionId)) ?? []) {
      const socket = this.io.sockets.sockets.get(id);
      if (socket) yield socket;
    }
  }
}

function lacksText(cursor: Cursor | undefined, draft: LiveDraft): boolean {
  return cursor?.attempt !== draft.attempt || cursor.at < draft.text.length || cursor.state !== draft.state;
}

function send(socket: ChatSocket, { draft, cursors }: Flow): void {
  const { sessionId, replyTo, variant, attempt, state, error } = draft;
  const cursor = cursors.get(socket);
  const at = cursor?.attempt === attempt ? cursor.at : 0;
  const text = draft.text.slice(at);
  socket.emit('reply', { sessionId, replyTo, variant, attempt, at, text, state, ...(error && { error }) });
  cursors.set(socket, { attempt, at: draft.text.length, state });
}
