import { ACTIVITY_INTERVAL_MS } from '../domain/limits';
import type { Session } from '../domain/session';
import type { Devices } from '../fleet/fleet';
import type { DraftStream } from './draftStream';
import { loginRoom, sessionInRoom, sessionRoom, userOfRoom, userRoom } from './rooms';
import type { ChatServer } from './transport';

/** The connected devices of this process, over Socket.IO. */
export function createDevices(io: ChatServer, drafts: DraftStream): Devices {
  const { adapter } = io.sockets;
  /** Returns null if the room has no other member: most users have one device, and an emit to nobody costs as much as a real one. */
  const audienceOf = (room: string, exceptSocket: string | undefined) => {
    const members = adapter.rooms.get(room);
    if (!members) return null;
    if (exceptSocket === undefined || !members.has(exceptSocket)) return io.to(room);
    return members.size === 1 ? null : io.to(room).except(exceptSocket);
  };
  const activity = new SessionActivity((session) => {
    audienceOf(userRoom(session.userId), undefined)?.emit('session', { type: 'active', session });
  });
  return {
    deliver({ userId, sessionId }, message, exceptSocket) {
      audienceOf(sessionRoom(userId, sessionId), exceptSocket)?.emit('message', message);
    },
    sessionActive: (session) => activity.messagesStored(session),
    sessionChanged(type, session, exceptSocket) {
      audienceOf(userRoom(session.userId), exceptSocket)?.emit('session', { type, session });
      if (type !== 'deleted') {
        activity.sessionChanged(session);
        return;
      }
      activity.sessionDeleted(session.id);
      io.socketsLeave(sessionRoom(session.userId, session.id));
    },
    sessionGone(session) {
      activity.sessionDeleted(session.id);
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

/** A session that was reported less than `ACTIVITY_INTERVAL_MS` ago. */
interface RecentReport {
  /** When the next report is allowed, by `performance.now()`. */
  endsAt: number;
  /** The state to report then; null if nothing has happened since the last report. */
  pending: Session | null;
}

/**
 * Limits how often the activity of a session is reported: the first change at once, later ones together when the interval has passed.
 * So the last report always has the latest state.
 */
export class SessionActivity {
  /** By session id. All intervals are equally long, so the first entry is the first that ends. */
  private readonly recent = new Map<string, RecentReport>();
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly report: (session: Session) => void) {}

  /** New messages were stored. `session` is its state after them. Called in the order of `seq`. */
  messagesStored(session: Session): void {
    const entry = this.recent.get(session.id);
    if (entry) {
      // A state that was read for another server's messages may be older than that after a message stored here.
      if (session.lastSeq >= (entry.pending?.lastSeq ?? 0)) entry.pending = session;
      return;
    }
    if (this.recent.size >= MAX_WAITING) this.evictFirst();
    this.reportAndWait(session);
    this.timer ??= setInterval(() => this.tick(), TICK_MS).unref();
  }

  /** The session was changed otherwise, so a pending report takes over the change. */
  sessionChanged(session: Session): void {
    const entry = this.recent.get(session.id);
    if (!entry?.pending) return;
    const { lastSeq, lastMessageAt } = entry.pending;
    entry.pending = lastSeq > session.lastSeq ? { ...session, lastSeq, lastMessageAt } : session;
  }

  /** Discards a pending report: after the deletion, it would make clients add the session again. */
  sessionDeleted(sessionId: string): void {
    this.recent.delete(sessionId);
  }

  private reportAndWait(session: Session): void {
    this.recent.set(session.id, { endsAt: performance.now() + ACTIVITY_INTERVAL_MS, pending: null });
    this.report(session);
  }

  private evictFirst(): void {
    for (const [sessionId, { pending }] of this.recent) {
      this.recent.delete(sessionId);
      if (pending) this.report(pending);
      return;
    }
  }

  private tick(): void {
    const now = performance.now();
    for (const [sessionId, { endsAt, pending }] of this.recent) {
      if (endsAt > now) break;
      this.recent.delete(sessionId);
      // Added again at the end of the map, with an interval that ends after `now`.
      if (pending) this.reportAndWait(pending);
    }
    if (this.recent.size > 0 || !this.timer) return;
    clearInterval(this.timer);
    this.timer = null;
  }
}
