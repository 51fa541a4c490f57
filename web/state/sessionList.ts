import { type ChatClient, mergeSessions } from '../../client/src';
import { hasCode } from '../../client/src/chatClientError';
import { PAGE_LENGTH } from '../../src/domain/limits';
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
  /** The ids of sessions that `open` has listed. */
  private readonly opened = new Set<string>();
  /** What has changed since the start of the current read, whose result may be older: the session, or null if it is deleted. */
  private readonly changed = new Map<string, Session | null>();

  constructor(private readonly client: ChatClient) {}

  /** Reads the first page and follows changes. Returns a function that stops it. */
  follow(): () => void {
    const stops = [
      // Includes the activity of all sessions, whichever device it comes from.
      this.client.on('session', ({ type, session }) => {
        if (type === 'deleted') this.remove(session.id);
        else this.put(session);
      }),
      this.client.on('sessions', () => void this.refresh()),
    ];
    void this.refresh();
    return () => {
      for (const stop of stops) stop();
    };
  }

  /** Reads what is loaded again. If a read is in progress, this follows it, because its result may be outdated. */
  async refresh(): Promise<void> {
    this.isStale = true;
    await this.read(async () => {
      this.isStale = false;
      const read = await this.readPages();
      const { nextCursor } = read;
      this.update({ sessions: withFirstPage(this.state.value.sessions, read), nextCursor });
      const ids = new Set(read.sessions.map(({ id }) => id));
      await Promise.all([...this.opened].filter((id) => !ids.has(id)).map((id) => this.open(id)));
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
        sessions: mergeSessions(this.state.value.sessions, page.sessions),
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

  /** Lists a session that was opened by its link, if it exists. It may be older than the loaded pages. */
  async open(id: string): Promise<void> {
    this.opened.add(id);
    try {
      this.put(await this.client.sessions.get(id));
    } catch (error) {
      if (!hasCode(error, ['NOT_FOUND'])) throw error;
      this.remove(id);
    }
  }

  /** Adds a session, or updates it. */
  put(session: Session): void {
    const sessions = mergeSessions(this.state.value.sessions, [session]);
    const merged = sessions.find(({ id }) => id === session.id) ?? session;
    this.changed.set(session.id, merged);
    this.update({ sessions });
  }

  remove(id: string): void {
    this.changed.set(id, null);
    this.opened.delete(id);
    this.update({ sessions: this.state.value.sessions.filter((session) => session.id !== id) });
  }

  /** Counts a message of the open chat at once. The server reports the activity of a session at most once a second. */
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

  /** Reads as many sessions as are listed, at least the first page, and returns them as one page. */
  private async readPages(): Promise<SessionPage> {
    const listed = this.state.value.sessions.filter(({ id }) => !this.opened.has(id)).length;
    let { sessions, nextCursor } = await this.client.sessions.list({ limit: PAGE_SIZE });
    while (nextCursor !== null && sessions.length < listed) {
      const limit = Math.min(listed - sessions.length, PAGE_LENGTH.max);
      const page = await this.client.sessions.list({ limit, cursor: nextCursor });
      sessions = [...sessions, ...page.sessions];
      nextCursor = page.nextCursor;
    }
    return { sessions, nextCursor };
  }

  /** One read at a time. */
  private async read(load: () => Promise<void>): Promise<void> {
    if (this.isReading) return;
    this.isReading = true;
    this.changed.clear();
    try {
      await load();
      this.update({ sessions: withChanges(this.state.value.sessions, this.changed), problem: null });
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

/** Applies changes that were reported while a page was read. */
function withChanges(known: readonly Session[], changed: ReadonlyMap<string, Session | null>): Session[] {
  const changedSessions = [...changed.values()].filter((session) => session !== null);
  return mergeSessions(known, changedSessions).filter(({ id }) => changed.get(id) !== null);
}

/**
 * Updates the list with the server's newest sessions, read as one page. A session that belongs on this page but is not there has
 * been deleted. Older sessions are kept.
 */
export function withFirstPage(known: readonly Session[], { sessions, nextCursor }: SessionPage): Session[] {
  const ids = new Set(sessions.map(({ id }) => id));
  const merged = mergeSessions(known, sessions);
  const isLastPage = nextCursor === null || sessions.length === 0;
  const end = isLastPage ? merged.length : merged.findLastIndex(({ id }) => ids.has(id));
  return merged.filter(({ id }, index) => ids.has(id) || index > end);
}

/** The sessions whose name contains the query, ignoring case. */
export function searchByName(sessions: readonly Session[], query: string): readonly Session[] {
  const words = query.trim().toLocaleLowerCase();
  if (words === '') return sessions;
  return sessions.filter((session) => nameOf(session).toLocaleLowerCase().includes(words));
}
