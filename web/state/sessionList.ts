import type { ChatClient } from '../../client/src';
import type { Message } from '../../src/domain/message';
import { nameFromContent, type Session } from '../../src/domain/session';
import { explain } from '../text/errorText';
import { Observable } from './observable';
import { refreshed, withoutSession, withSessions } from './sessionOrder';

export interface SessionListState {
  /** Newest activity first. */
  sessions: readonly Session[];
  /** Where the next page begins; null when all are here, undefined before the first page is. */
  nextCursor: string | null | undefined;
  /** Why the list could not be read, for people. */
  problem: string | null;
}

const PAGE_SIZE = 50;

/** The user's sessions, kept up to date: from this page, other tabs and other devices. */
export class SessionList {
  readonly state = new Observable<SessionListState>({ sessions: [], nextCursor: undefined, problem: null });
  private reading = false;
  private isStale = false;
  private wantsMore = false;

  constructor(private readonly client: ChatClient) {}

  /** Reads the first page and follows changes from now on; returns how to stop that. */
  follow(): () => void {
    const stops = [
      this.client.on('session', ({ type, session }) => {
        if (type === 'deleted') this.forget(session.id);
        else this.put(session);
      }),
      // What has happened while there was no connection is told by the list alone.
      this.client.on('connection', (state) => {
        if (state === 'online') void this.refresh();
      }),
    ];
    void this.refresh();
    return () => {
      for (const stop of stops) stop();
    };
  }

  find(id: string): Session | undefined {
    return this.state.value.sessions.find((session) => session.id === id);
  }

  /** Reads the first page again; what is being read at the moment may be older than what has happened since. */
  async refresh(): Promise<void> {
    this.isStale = true;
    await this.read(async () => {
      this.isStale = false;
      const page = await this.client.sessions.list({ limit: PAGE_SIZE });
      const { sessions, nextCursor } = this.state.value;
      const end = page.sessions.at(-1);
      // Where the page reaches what is here, the cursor of an earlier reading leads on from where that one ended.
      const joins = nextCursor !== undefined && sessions.some(({ id }) => id === end?.id);
      this.change({
        sessions: refreshed(sessions, page),
        nextCursor: joins && page.nextCursor !== null ? nextCursor : page.nextCursor,
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
      this.change({
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
    this.forget(id);
  }

  put(session: Session): void {
    this.change({ sessions: withSessions(this.state.value.sessions, [session]) });
  }

  forget(id: string): void {
    this.change({ sessions: withoutSession(this.state.value.sessions, id) });
  }

  /** Moves a session up by a message that was stored in it: the server doesn't tell that by an event of its own. */
  heard(message: Message): void {
    const session = this.find(message.sessionId);
    if (!session || message.seq <= session.lastSeq) return;
    this.put({
      ...session,
      name: session.name ?? nameFromContent(message.content),
      lastMessageAt: message.timestamp,
      lastSeq: message.seq,
    });
  }

  private async read(work: () => Promise<void>): Promise<void> {
    if (this.reading) return;
    this.reading = true;
    try {
      await work();
      this.change({ problem: null });
    } catch (error) {
      this.change({ problem: explain(error) });
    } finally {
      this.reading = false;
    }
    if (this.isStale) await this.refresh();
    // It was asked for while something else was read, or failed before.
    else if (this.wantsMore && this.state.value.problem === null) await this.loadMore();
  }

  private change(change: Partial<SessionListState>): void {
    this.state.set({ ...this.state.value, ...change });
  }
}
