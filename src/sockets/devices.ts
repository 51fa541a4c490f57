import { ACTIVITY_INTERVAL_MS } from '../domain/limits';
import type { Session, SessionState } from '../domain/session';
import type { Devices } from '../fleet/fleet';
import type { DraftStream } from './draftStream';
import { loginRoom, sessionInRoom, sessionRoom, userOfRoom, userRoom } from './rooms';
import type { ChatServer } from './transport';

/** The connected devices of this process, over Socket.IO. */
export function createDevices(io: ChatServer, drafts: DraftStream): Devices {
  const { adapter, sockets } = io.sockets;
  /**
   * Null if the room has no other member. A single member is addressed itself, as most users have one device, and an emit to a room costs
   * more.
   */
  const audienceOf = (room: string, exceptSocket: string | undefined) => {
    const members = adapter.rooms.get(room);
    if (!members) return null;
    if (exceptSocket !== undefined && members.has(exceptSocket)) {
      return members.size === 1 ? null : io.to(room).except(exceptSocket);
    }
    const [first] = members;
    return members.size === 1 && first !== undefined ? (sockets.get(first) ?? null) : io.to(room);
  };
  const reportsOf = (type: 'active' | 'changed') =>
    new CoalescedReports(
      ({ userId }) => adapter.rooms.has(userRoom(userId)),
      (session) => audienceOf(userRoom(session.userId), undefined)?.emit('session', { type, session }),
    );
  const activity = reportsOf('active');
  const changes = reportsOf('changed');
  const discardReports = (sessionId: string) => {
    activity.discard(sessionId);
    changes.discard(sessionId);
  };
  return {
    deliver({ userId, sessionId }, message, exceptSocket) {
      audienceOf(sessionRoom(userId, sessionId), exceptSocket)?.emit('message', message);
    },
    sessionActive(state, complete) {
      activity.report(state, complete);
      changes.update(state, complete);
    },
    sessionChanged(type, session, exceptSocket) {
      const complete = () => session;
      activity.update(session, complete);
      if (type === 'changed' && exceptSocket === undefined) return changes.report(session, complete);
      audienceOf(userRoom(session.userId), exceptSocket)?.emit('session', { type, session });
      if (type !== 'deleted') return changes.update(session, complete);
      discardReports(session.id);
      io.socketsLeave(sessionRoom(session.userId, session.id));
    },
    sessionGone(session) {
      discardReports(session.id);
      const room = sessionRoom(session.userId, session.id);
      audienceOf(room, undefined)?.emit('session', { type: 'deleted', session });
      io.socketsLeave(room);
    },
    sessionsMissed(userId) {
      audienceOf(userRoom(userId), undefined)?.emit('session', { type: 'list' });
    },
    hasUser: (userId) => adapter.rooms.has(userRoom(userId)),
    users() {
      return [...adapter.rooms.keys()].flatMap((room) => userOfRoom(room) ?? []);
    },
    draftChanged: (draft) => drafts.changed(draft),
    draftEnded: (draft) => drafts.ended(draft),
    disconnectLogin(loginId) {
      if (adapter.rooms.has(loginRoom(loginId))) io.in(loginRoom(loginId)).disconnectSockets(true);
    },
    disconnectUser(userId) {
      io.in(userRoom(userId)).disconnectSockets(true);
    },
    joinedSessions() {
      return [...adapter.rooms.keys()].flatMap((room) => sessionInRoom(room) ?? []);
    },
    watchSessions({ opened, closed }) {
      adapter.on('create-room', (room: string) => {
        const session = sessionInRoom(room);
        if (session) opened(session);
      });
      adapter.on('delete-room', (room: string) => {
        const session = sessionInRoom(room);
        if (session) closed(session);
      });
    },
  };
}

/** How often reports that are due are looked for, in milliseconds. One timer serves all sessions. */
const TICK_MS = 50;
/** The largest number of sessions that wait at once, a few hundred bytes each. Above it, the oldest ones are reported early. */
const MAX_WAITING = 10_000;

/** What is known of a session that is to be reported. */
interface PendingReport {
  /** The state with the latest name, pin and archive. */
  state: SessionState;
  lastSeq: number;
  readSeq: number;
  /** Derives the session after the message with `lastSeq`. */
  complete: () => Session;
}

/** A session that was reported less than `ACTIVITY_INTERVAL_MS` ago. */
interface RecentReport {
  /** When the next report is allowed, by `performance.now()`. */
  endsAt: number;
  /** What to report then; null if nothing has happened since the last report. */
  pending: PendingReport | null;
}

/**
 * Limits how often a session is reported: the first change at once, later ones together when the interval has passed. So the last report
 * always has the latest state.
 */
export class CoalescedReports {
  /** By session id. All intervals are equally long, so the first entry is the first that ends. */
  private readonly recent = new Map<string, RecentReport>();
  private timer: NodeJS.Timeout | null = null;

  constructor(
    /** False if nobody would receive a report. */
    private readonly hasAudience: (session: SessionState) => boolean,
    private readonly emit: (session: Session) => void,
  ) {}

  /** The session has changed. `complete` is called when it is reported. Called in the order of `seq`. */
  report(state: SessionState, complete: () => Session): void {
    const entry = this.recent.get(state.id);
    if (entry) {
      entry.pending = withNews(entry.pending, state, complete);
      return;
    }
    if (!this.hasAudience(state)) return;
    if (this.recent.size >= MAX_WAITING) this.evictFirst();
    this.reportAndWait(state.id, complete());
    this.timer ??= setInterval(() => this.tick(), TICK_MS).unref();
  }

  /** The session has changed in a way that is reported elsewhere, so a pending report takes over the change. */
  update(state: SessionState, complete: () => Session): void {
    const entry = this.recent.get(state.id);
    if (entry?.pending) entry.pending = withNews(entry.pending, state, complete);
  }

  /** Discards a pending report: after the deletion, it would make clients add the session again. */
  discard(sessionId: string): void {
    this.recent.delete(sessionId);
  }

  private reportAndWait(sessionId: string, session: Session): void {
    this.recent.set(sessionId, { endsAt: performance.now() + ACTIVITY_INTERVAL_MS, pending: null });
    this.emit(session);
  }

  private evictFirst(): void {
    for (const [sessionId, { pending }] of this.recent) {
      this.recent.delete(sessionId);
      if (pending) this.emit(sessionOf(pending));
      return;
    }
  }

  private tick(): void {
    const now = performance.now();
    for (const [sessionId, { endsAt, pending }] of this.recent) {
      if (endsAt > now) break;
      this.recent.delete(sessionId);
      // Added again at the end of the map, with an interval that ends after `now`.
      if (pending) this.reportAndWait(sessionId, sessionOf(pending));
    }
    if (this.recent.size > 0 || !this.timer) return;
    clearInterval(this.timer);
    this.timer = null;
  }
}

/** Neither what was read nor the last message goes back: states that other servers have written may be read late. */
function withNews(known: PendingReport | null, state: SessionState, complete: () => Session): PendingReport {
  const { lastSeq, readSeq } = state;
  if (!known) return { state, lastSeq, readSeq, complete };
  const isLatest = lastSeq >= known.lastSeq;
  return {
    state,
    lastSeq: isLatest ? lastSeq : known.lastSeq,
    readSeq: Math.max(readSeq, known.readSeq),
    complete: isLatest ? complete : known.complete,
  };
}

function sessionOf({ state, readSeq, complete }: PendingReport): Session {
  const { name, pinned, archived } = state;
  const session = complete();
  return { ...session, name, pinned, archived, readSeq: Math.min(readSeq, session.lastSeq) };
}
