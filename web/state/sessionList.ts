import type { ChatClient } from '../../client/src';
import type { Message } from '../../src/domain/message';
import { nameFromContent, type Session, type SessionPage } from '../../src/domain/session';
import { explain } from '../text/errors';
import { Observable } from './observable';

export interface SessionListState {
  /** Newest activity first. */
  sessions: readonly Session[];
  /** The cursor of the next page; null if all sessions are loaded, undefined before the first page is. */
  nextCursor: string | null | undefined;
  /** Why the list could not be read, for the user. */
  problem: string | null;
}

const PAGE_SIZE = 50;

/** The user's sessions, kept up to date with this page, other tabs and other devices. */
export class SessionList {
  readonly state = new Observable<SessionListState>({ sessions: [], nextCursor: undefined, problem: null });
  private isReading = false;
  /** A refresh was requested and has not started. */
  private isStale = false;
  /** The next page was requested and is not loaded. */
  private wantsMore = false;

  constructor(private readonly client: ChatClient) {}

  /** Reads the first page and follows changes. Returns a function that stops it. */
  follow(): () => void {
    const stops = [
      this.client.on('session', ({ type, session }) => {
        if (type === 'deleted') this.remove(session.id);
        else this.put(session);
      }),
      // No events are received for changes made while disconnected.
      this.client.on('connection', (state) => {
        if (state === 'online') void this.refresh();
      }),
    ];
    void this.refresh();
    return () => {
      for (const stop of stops) stop();
    };
  }

  /** Reads the first page again. If a read is in progress, this follows it, because its result may be outdated. */
  async refresh(): Promise<void> {
    this.isStale = true;
    await this.read(async () => {
      this.isStale = false;
      const page = await this.client.sessions.list({ limit: PAGE_SIZE });
      const { sessions, nextCursor } = this.state.value;
      const last = page.sessions.at(-1);
      // If the page overlaps the loaded sessions, the cursor at their end is still the right one.
      const overlaps = nextCursor !== undefined && sessions.some(({ id }) => id === last?.id);
      this.update({
        sessions: withFirstPage(sessions, page),
        nextCursor: overlaps && page.nextCursor !== null ? nextCursor : page.nextCursor,
      });
    });
  }

  /** Reads the next page, if there is one. */
  loadMore(): Promise<void> {
    this.wantsMore = true;
    return this.read(async () => {
      const { nextCursor } = this.state.value;
      if (!nextCursor) {
        this.wantsMore = false;
        return;
      }
      const page = await this.client.sessions.list({ limit: PAGE_SIZE, cursor: nextCursor });
      this.update({
        sessions: withSessions(this.state.value.sessions, page.sessions),
        nextCursor: page.nextCursor,
      });
      this.wantsMore = false;
    });
  }

  async create(): Promise<Session> {
    const session = await this.client.sessions.create();
    this.put(session);
    return session;
  }

  async rename(id: string, name: string): Promise<void> {
    this.put(await this.client.sessions.rename(id, name));
  }

  async delete(id: string): Promise<void> {
    await this.client.sessions.delete(id);
    this.remove(id);
  }

  /** Adds a session, or replaces an earlier version of it. */
  put(session: Session): void {
    this.update({ sessions: withSessions(this.state.value.sessions, [session]) });
  }

  remove(id: string): void {
    this.update({ sessions: this.state.value.sessions.filter((session) => session.id !== id) });
  }

  /** Updates the activity of the message's session. The server sends no event for it. */
  applyMessage(message: Message): void {
    const session = this.state.value.sessions.find(({ id }) => id === message.sessionId);
    if (!session || message.seq <= session.lastSeq) return;
    this.put({
      ...session,
      name: session.name ?? nameFromContent(message.content),
      lastMessageAt: message.timestamp,
      lastSeq: message.seq,
    });
  }

  /** One read at a time. */
  private async read(load: () => Promise<void>): Promise<void> {
    if (this.isReading) return;
    this.isReading = true;
    try {
      await load();
      this.update({ problem: null });
    } catch (error) {
      this.update({ problem: explain(error) });
    } finally {
      this.isReading = false;
    }
    if (this.isStale) await this.refresh();
    // It was requested during this read, or has failed before.
    else if (this.wantsMore && this.state.value.problem === null) await this.loadMore();
  }

  private update(change: Partial<SessionListState>): void {
    this.state.set({ ...this.state.value, ...change });
  }
}

/** The time of the last message, or of the creation. */
export function activityOf({ lastMessageAt, createdAt }: Session): string {
  return lastMessageAt ?? createdAt;
}

/** The name of a session on the page. */
export function nameOf({ name }: Pick<Session, 'name'>): string {
  return name ?? 'New chat';
}

/** The same order as the server's: newest activity first. */
function compareActivity(a: Session, b: Session): number {
  const [first, second] = [activityOf(a), activityOf(b)];
  if (first !== second) return first < second ? 1 : -1;
  return a.id < b.id ? 1 : -1;
}

/** Adds sessions, replacing earlier versions of them. */
export function withSessions(known: readonly Session[], added: readonly Session[]): Session[] {
  const byId = new Map([...known, ...added].map((session) => [session.id, session]));
  return [...byId.values()].sort(compareActivity);
}

/**
 * Updates the list with the server's first page. A session that belongs on this page but is not there has been deleted. Older
 * sessions are kept.
 */
export function withFirstPage(known: readonly Session[], { sessions, nextCursor }: SessionPage): Session[] {
  const last = sessions.at(-1);
  const older =
    nextCursor === null || !last ? [] : known.filter((session) => compareActivity(session, last) > 0);
  return withSessions(older, sessions);
}

/** The sessions whose name contains the query, ignoring case. */
export function searchByName(sessions: readonly Session[], query: string): readonly Session[] {
  const words = query.trim().toLocaleLowerCase();
  if (words === '') return sessions;
  return sessions.filter((session) => nameOf(session).toLocaleLowerCase().includes(words));
}
